# embed_text(TARGET NAMESPACE FILE...): makes texts part of a program.
#
# TARGET gets a source file with
#   namespace NAMESPACE { std::string_view text(std::string_view file_name); }
# which returns a file's text by its name without folders, and nothing for a name that is none of them. Files are read
# again when they have changed.
function(embed_text target namespace)
  set(rows "")
  foreach(file IN LISTS ARGN)
    get_filename_component(path ${file} ABSOLUTE)
    get_filename_component(name ${file} NAME)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
    file(READ ${path} text)
    string(APPEND rows "    {\"${name}\", R\"embedded(${text})embedded\"},\n")
  endforeach()
  string(CONCAT source
    "// Made by cmake/embed_text.cmake: do not change it here.\n#include <array>\n#include <string_view>\n\n"
    "namespace ${namespace} {\n\nstd::string_view text(std::string_view file_name);\n\n"
    "std::string_view text(std::string_view file_name) {\n"
    "  struct Row {\n    std::string_view name, text;\n  };\n  static constexpr auto kRows = std::to_array<Row>({\n"
    "${rows}  });\n  for (const Row& row : kRows) {\n    if (row.name == file_name) return row.text;\n  }\n"
    "  return {};\n}\n\n}  // namespace ${namespace}\n")
  set(made ${CMAKE_CURRENT_BINARY_DIR}/${target}_text.cc)
  set(before "")
  if(EXISTS ${made})
    file(READ ${made} before)
  endif()
  if(NOT before STREQUAL source)  # or every configuration would compile it anew
    file(WRITE ${made} "${source}")
  endif()
  target_sources(${target} PRIVATE ${made})
endfunction()
