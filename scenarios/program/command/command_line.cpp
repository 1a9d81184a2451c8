#include "scenarios/program/command/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "models/calibration/measurements.h"
#include "scenarios/program/build/origin.h"
#include "scenarios/program/command/dispatch.h"
#include "scenarios/program/terminal/exit_codes.h"
#include "scenarios/program/terminal/signals.h"
#include "scenarios/program/validation/case_metrics.h"
#include "sim/base/config/issues.h"
#include "sim/base/interrupt.h"
#include "sim/base/outside_error.h"
#include "sim/law.h"

namespace kvern {
namespace {

// CLI11 takes "nan" for a number within any range, and wraps "-5" and numbers beyond 64 bits.
std::string finite(const std::string& text) {
  const std::size_t other = text.find_first_not_of("0123456789.+-eE");
  return other == std::string::npos ? "" : fmt::format("\"{}\" is not a number", text);
}

std::string whole_number(const std::string& text) {
  constexpr std::size_t kMostDigits = 18;
  const bool good = !text.empty() && text.size() <= kMostDigits &&
                    text.find_first_not_of("0123456789") == std::string::npos;
  return good ? "" : fmt::format("\"{}\" is not a number of rows", text);
}

// The options, and the requests that they fill.
struct Commands : Requests {
  CLI::App app{"Kvern simulates clusters that serve large language models.", "kvern"};

  Commands() {
    app.set_version_flag("--version", std::string("kvern ") + program_version());
    app.allow_extras();            // told by our own message
    app.require_subcommand(0, 1);  // "describe models" is no second command
    app.footer(
        "./kvern test builds and runs the tests; --yes, anywhere, installs missing Debian packages "
        "without asking.\n"
        "Exit codes: 0 all is well; 1 a published or measured figure was missed; 2 the input is "
        "wrong;\n3 a file, a disk or a tool failed; 70 Kvern broke a law of its own; 130 a signal "
        "ended it.");
    add_run();
    CLI::App* describe =
        add("describe", "tell what a table, a key or a policy means; without a topic: list them");
    describe
        ->add_option("topic", topic,
                     "a table (pool.kv), a port (eviction), a policy (eviction.lru), records, "
                     "hardware, models, hardware NAME, model NAME; absent: the list")
        ->type_name("TOPIC");
    add_record(add_trace());
    add_attention();
    add_cache();
    add_reproduce();
    add_validate();
    add_calibrate();
    CLI::App* conform = add(
        "conform", "check an eviction policy of your own, a shared library, against the contract");
    conform->add_option("file", plugin, "the shared library (policies/plugin.h)")
        ->type_name("FILE.so");
    CLI::App* models =
        add("models", "fetch a small language model, for attention and trace record");
    CLI::App* get = models->add_subcommand("get", "download one and convert it");
    get->allow_extras();
    get->add_option("name", model, "smollm2-135m")->type_name("NAME");
    CLI::App* bench = add("bench", "measure the speed of this program against its goals");
    bench->add_flag("--json", bench_json, "as JSON");
    add_data();
  }

  CLI::App* add(const char* name, const char* what) {
    CLI::App* command = app.add_subcommand(name, what);
    command->allow_extras();
    return command;
  }

  // Of the program and of each command that reads files, so that it may stand before or after them.
  void add_data() {
    std::vector<CLI::App*> readers{&app};
    for (const char* name : {"run", "attention", "cache", "reproduce", "validate", "calibrate"}) {
      readers.push_back(app.get_subcommand(name));
    }
    for (CLI::App* command : app.get_subcommand("trace")->get_subcommands({})) {
      readers.push_back(command);
    }
    readers.push_back(app.get_subcommand("bench"));
    for (CLI::App* command : readers) {
      command
          ->add_option("--data", data,
                       "the folder of names that begin with \"data:\"; absent: the variable "
                       "KVERN_DATA, or ../shared beside the tree")
          ->type_name("DIR");
    }
  }

  CLI::App* add_trace() {
    CLI::App* group = add("trace", "look at traces, import them, make and record them");
    const auto action = [this, group](const char* name, const char* what, const char* input) {
      CLI::App* command = group->add_subcommand(name, what);
      command->allow_extras();
      command->add_option("file", trace.file, input)->type_name("FILE");
      command->add_option("--set", trace.settings, "an option of the import, or a scenario's key")
          ->type_name("KEY=VALUE")
          ->allow_extra_args(false);
      return command;
    };
    CLI::App* import = action(
        "import", "write a trace of any format as Kvern's own, and print statistics", "the trace");
    CLI::App* info = action("info", "print statistics of a trace of any format", "the trace");
    CLI::App* head = action("head", "print the first requests of a trace as CSV", "the trace");
    for (CLI::App* command : {import, info, head}) {
      command->add_option("--format", trace.format, "absent: told from the content");
      command->add_flag("--skip-bad", trace.skip_bad, "bad rows are kept in a file .bad");
    }
    head->add_option("-n,--rows", trace.rows, "how many")->type_name("N")->check(whole_number);
    CLI::App* synthesize = action(
        "synthesize", "write what a scenario's generator would send as a trace", "the scenario");
    for (CLI::App* command : {import, synthesize}) {
      command->add_option("--out", trace.out, "absent: the input's name with .h5")
          ->type_name("FILE");
    }
    return group;
  }

  void add_record(CLI::App* group) {
    CLI::App* command = group->add_subcommand(
        "record", "run texts through a language model and keep its queries, keys and values");
    command->allow_extras();
    command->add_option("--model", record.model, "a name of `models get`, or a file of weights");
    command->add_option("--text", record.texts, "texts in UTF-8")->type_name("FILE");
    command->add_option("--tag", record.tags, "language=..., domain=...")->type_name("KEY=VALUE");
    command->add_option("--out", record.out, "the recording")->type_name("FILE");
    command->add_option("--store", record.store, "q, k, v as f16, f32, or none");
    command->add_option("--layers", record.layers, "numbers of the layers stored; absent: all")
        ->delimiter(',');
    command->add_option("--length", record.length, "tokens of a sequence at most");
    command->add_option("--prompt", record.prompt, "tokens at its begin that are the prompt");
  }

  void add_cache() {
    CLI::App* command =
        add("cache", "replay a trace through a block cache alone, under every eviction policy");
    command->add_option("file", cache.file, "the trace, in any format")->type_name("FILE");
    command
        ->add_option("--policies", cache.policies,
                     "all (default), or names: lru,arc,'ttl(lru, after=10 min)'")
        ->type_name("A,B");
    command->add_option("--capacity", cache.capacities, "of the cache, in blocks: 1000,10000")
        ->type_name("N,M");
    command
        ->add_option("--mode", cache.mode,
                     "block (default): every block found; prefix: the leading ones of a request")
        ->type_name("MODE");
    command->add_option("--admission", cache.admission, "which missed blocks are stored: always")
        ->type_name("POLICY");
    command->add_option("--seed", cache.seed, "of the policies' draws: 1");
    command->add_option("--block-size", cache.block_size, "in tokens; absent: the trace's")
        ->type_name("N")
        ->check(CLI::PositiveNumber);
    command->add_option("--format", cache.format, "absent: told from the content");
    command->add_option("--set", cache.settings, "an option of the import")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    command->add_flag("--json", cache.json, "as JSON");
  }

  void add_reproduce() {
    CLI::App* command =
        add("reproduce", "run the scenarios of papers and compare with the published figures");
    command->add_option("name", reproduce.names, "of scenarios/papers, or a file; absent: all")
        ->type_name("NAME");
    command->add_option("--out", reproduce.out, "folder for run folders")->type_name("DIR");
    command->add_flag("--json", reproduce.json, "as JSON");
  }

  void add_validate() {
    CLI::App* command = add("validate", "replay measured runs of real engines and compare");
    command->add_option("case", validate.cases, "folders with a case.toml; absent: all of ours")
        ->type_name("DIR");
    command->add_option("--out", validate.out, "folder for run folders")->type_name("DIR");
    command->add_flag("--json", validate.json, "as JSON");
    command->footer(describe_case_metrics());
  }

  void add_calibrate() {
    CLI::App* command =
        add("calibrate", "make a table of step costs from measurements of a GPU's kernels");
    command->add_option("folder", calibrate.folders, "measurements, the most trusted first")
        ->type_name("DIR");
    command->add_option("--device", calibrate.device, "the GPU: a file of models/hardware");
    command->add_option("-o,--out", calibrate.out, "absent: beside the GPU's file")
        ->type_name("FILE");
    command
        ->add_option("--summed-forwards", calibrate.summed_forwards,
                     "calls that a row of attention_mixed.csv with unequal lengths holds, summed")
        ->type_name("N")
        ->check(CLI::PositiveNumber);
    command->footer(calibration::describe_measurements());
  }

  void add_attention() {
    CLI::App* command =
        add("attention", "measure token policies over a recording, or inside a language model");
    command->add_option("recording", attention.recording, "the recording")->type_name("FILE");
    command->add_option("--model", attention.model,
                        "closed loop: a name of `models get`, or a file of weights");
    command->add_option("--text", attention.texts, "texts in UTF-8")->type_name("FILE");
    command->add_option("--tag", attention.tags, "language=..., domain=...; or a value a text: a,b")
        ->type_name("KEY=VALUE");
    command->add_option("--length", attention.length, "tokens of a sequence at most");
    command->add_option("--prompt", attention.prompt, "tokens at its begin that are the prompt");
    command->add_option("--sequences", attention.sequences, "of a text, from its begin");
    command->add_option("--profile", attention.profile, "work profile to write")->type_name("FILE");
    command->add_flag("--retrieval", attention.retrieval,
                      "needles and key-value pairs made from the texts as well");
    command->add_flag("--quality-only", attention.quality_only, "no recall and the like: faster");
    command
        ->add_option("--policy", attention.policies,
                     "a token policy, as \"h2o(heavy=3, recent=3)\"; again for more")
        ->type_name("POLICY")
        ->allow_extra_args(false);
    command->add_option("--control", attention.control,
                        "how query heads attend: \"off(heads=[3:0])\", \"sink_window(window=64)\"");
    command->add_option("--form", attention.form, "softmax, softmax1, relu or linear");
    command->add_option("--kv-dtype", attention.kv_dtype, "of the cache: f32, f16, bf16 or f8");
    command->add_option("--threads", attention.threads, "0: as many as there are cores");
    command->add_flag("--json", attention.json, "a row a policy, sequence, layer and KV head");
    command
        ->add_option("--rows", attention.rows,
                     "of --json: by heads (as above), decode steps or groups of tokens")
        ->type_name("heads|steps|groups");
  }

  void add_run() {
    CLI::App* command = add("run", "run a scenario and print its summary");
    command->add_option("file", run.file, "the scenario")->type_name("FILE");
    command->add_flag("--json", run.json, "the summary as one JSON object");
    command
        ->add_option("--set", run.settings,
                     "set a key: pool.0.kv.blocks=2000 (one pool), pool.kv.blocks=2000 (all)")
        ->type_name("PATH=VALUE")
        ->allow_extra_args(false);
    command
        ->add_option("--compare", run.comparisons,
                     "one run a value, side by side: pool.kv.eviction=lru,fifo")
        ->type_name("PATH=A,B")
        ->allow_extra_args(false);
    command->add_option("--out", run.out, "folder for run folders")->type_name("DIR");
    command->add_option("--trace", run.trace, "replay this trace, whatever the scenario names")
        ->type_name("FILE");
    command->add_option("--save-cache", run.save_cache, "keep the prefix caches as they end")
        ->type_name("FILE");
    command->add_option("--load-cache", run.load_cache, "begin with caches that were kept")
        ->type_name("FILE");
    command->add_flag("--audit", run.audit,
                      "joules by part, phase, request and tenant: a table, and in records.h5");
    command->add_flag("--with-bound", run.with_bound,
                      "run it again with the clairvoyant eviction policy, for the regret");
    command->add_option("--plugin", run.plugin, "an eviction policy of your own, for all pools")
        ->type_name("FILE.so");
    CLI::Option* band =
        command
            ->add_option(
                "--band", run.band,
                "run again with coefficients drawn from their ranges; print where the middle "
                "PERCENT of the runs lie")
            ->type_name("PERCENT")
            ->check(finite)
            ->check(CLI::Range(1.0, 99.9));
    command->add_option("--draws", run.draws, "how many such runs, for each point")
        ->type_name("N")
        ->check(CLI::Range(2, 10000))
        ->needs(band);
    command->add_flag("--stepwise", run.stepwise, "step by step: slow, same records");
  }
};

// A word that nobody took, in the command that was reached.
int unexpected(const CLI::App& command, const std::string& word) {
  std::vector<std::string> known;
  const bool flag = word.starts_with("-");
  if (flag) {
    for (const CLI::Option* option : command.get_options()) {
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
    }
  } else {
    for (const CLI::App* sub : command.get_subcommands({})) known.push_back(sub->get_name());
  }
  std::string hint = did_you_mean(word.substr(0, word.find('=')), known);
  if (hint.empty()) {
    hint = command.get_parent() == nullptr ? "see kvern --help"
                                           : "see kvern " + command.get_name() + " --help";
  }
  const char* kind = flag ? "option" : known.empty() ? "argument" : "command";
  return user_error(fmt::format("unknown {} \"{}\"", kind, word), hint);
}

// What the command that was reached asks for.
int dispatch_reached(Commands& commands) {
  const CLI::App* command = &commands.app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  const CLI::App* group = command;
  for (const CLI::App* level = command; level != nullptr; level = level->get_parent()) {
    if (!level->remaining().empty()) return unexpected(*level, level->remaining().front());
    if (level != &commands.app) group = level;
  }
  if (const auto code = dispatch(group->get_name(), command->get_name(), commands)) return *code;
  std::fputs(commands.app.help().c_str(), stderr);
  return kUserError;
}

int guarded(Commands& commands) {
  try {
    return dispatch_reached(commands);
  } catch (const Interrupted&) {
    std::fputs("kvern: interrupted\n", stderr);
    return kInterrupted;
  } catch (const LawBroken& broken) {
    std::fprintf(stderr, "kvern: error: %s\n", broken.what());
    return kBrokenLaw;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "kvern: error: %s\n", error.what());
    return kOutside;
  }
}

}  // namespace

int command_line(int argc, char** argv) {
  watch_signals();
  Commands commands;
  try {
    commands.app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return commands.app.exit(error);  // --help, --version
    return user_error(error.what(), "see kvern --help");
  }
  const int code = guarded(commands);
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::fputs("kvern: error: can't write to stdout\n", stderr);
    return kOutside;
  }
  return code;
}

}  // namespace kvern
