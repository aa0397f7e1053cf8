# Puts the page's parts into one HTML file, and that into a C++ source file.
#
# usage: cmake -DPAGE=FOLDER -DOUT=FILE -P embed.cmake
file(READ ${PAGE}/page.html html)
foreach(part page.css model.js chart.js detail.js app.js)
  file(READ ${PAGE}/${part} text)
  string(REPLACE "@${part}@\n" "${text}" html "${html}")
endforeach()
# A string literal has a limit in some compilers: several stand side by side.
set(code "#include \"sim/report/page_template.h\"\n\nnamespace sim::report {\n\n")
string(APPEND code "const std::string_view kPageTemplate =")
string(LENGTH "${html}" length)
set(at 0)
while(at LESS length)
  string(SUBSTRING "${html}" ${at} 8000 piece)
  string(APPEND code "\n    R\"page(${piece})page\"")
  math(EXPR at "${at} + 8000")
endwhile()
string(APPEND code ";\n\n}  // namespace sim::report\n")
file(WRITE ${OUT} "${code}")
