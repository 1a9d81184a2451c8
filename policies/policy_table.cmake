# <folder>/<name>.cpp is the policy `<name>` of its port: the file is its registration. For a
# folder of policies this writes one .cpp that lists the names, behind the header <folder>.h.
# A name that the port's namespace has taken ends in an underscore in file and namespace:
# table_.cpp is the policy `table`.
function(kvern_policy_table target folder)
  get_filename_component(port ${folder} NAME)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.cpp)
  set(declarations "")
  set(rows "")
  foreach(file ${files})
    get_filename_component(name ${file} NAME_WE)
    string(APPEND declarations
           "namespace ${name} { std::unique_ptr<Port> make(Parameters&); }\n")
    string(REGEX REPLACE "_$" "" policy ${name})
    string(APPEND rows "      {\"${policy}\", &${name}::make},\n")
  endforeach()
  set(output ${CMAKE_BINARY_DIR}/policy_tables/${port}.cpp)
  file(CONFIGURE OUTPUT ${output} CONTENT
"// Written by policies/policy_table.cmake from the file names in ${folder}.
#include \"${folder}.h\"
namespace kvern::${port} {
${declarations}
const PolicyTable<Port>& table() {
  static const PolicyTable<Port> rows = {
${rows}  };
  return rows;
}
}  // namespace kvern::${port}
")
  target_sources(${target} PRIVATE ${output})
endfunction()
