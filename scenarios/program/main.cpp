#include "scenarios/program/command/command_line.h"

int main(int argc, char** argv) { return kvern::command_line(argc, argv); }
