// See page.h. The texts are those of sim/rehearse/page, put in where the frame names them.
#include "sim/rehearse/page.h"

#include "lb/base/check.h"
#include "sim/rehearse/document.h"

namespace sim::rehearse {

namespace embedded {
std::string_view text(std::string_view file_name);  // made by cmake/embed_text.cmake
}

namespace {

void put(std::string& into, std::string_view mark, std::string_view text) {
  const std::size_t at = into.find(mark);
  LB_CHECK(at != std::string::npos);
  into.replace(at, mark.size(), text);
}

// Inside a script element nothing may look like the element's end.
std::string harmless(std::string_view json) {
  std::string made;
  for (const char c : json) {
    if (c == '<') {
      made += "\\u003c";
    } else {
      made += c;
    }
  }
  return made;
}

}  // namespace

std::string page(const Rehearsed& rehearsed) {
  std::string made(embedded::text("page.html"));
  put(made, "/* page.css */", embedded::text("page.css"));
  std::string script;
  for (const std::string_view file : {"draw.js", "charts.js", "page.js"}) script += embedded::text(file);
  put(made, "/* scripts */", script);
  put(made, "/* data */", harmless(document(rehearsed)));
  return made;
}

}  // namespace sim::rehearse
