// One form for all spellings of a path.
#include "lb/http/path_form.h"

#include <gtest/gtest.h>

namespace lb::http {
namespace {

std::string formed(std::string_view path) {
  std::string out = "untouched";
  switch (formPath(path, out)) {
    case PathForm::Same: EXPECT_EQ(out == "untouched" || out == path, true); return std::string(path);
    case PathForm::Changed: EXPECT_NE(out, path); return out;
    case PathForm::Ambiguous: break;
  }
  return "ambiguous";
}

TEST(PathForm, IsOneForAllSpellings) {
  struct Row {
    const char* path;
    const char* form;
  };
  for (const Row& row : {
           Row{"/", "/"},
           Row{"/a/b", "/a/b"},
           Row{"/a/", "/a/"},
           Row{"*", "*"},
           Row{"/a.b", "/a.b"},
           Row{"/%61", "/a"},
           Row{"/%7e%2D", "/~-"},
           Row{"/%c3%A4", "/%C3%A4"},
           Row{"/%20", "/%20"},
           Row{"//a", "/a"},
           Row{"/a//b///", "/a/b/"},
           Row{"///", "/"},
           Row{"/./a", "/a"},
           Row{"/a/.", "/a/"},
           Row{"/a/./b", "/a/b"},
           Row{"/.", "/"},
           Row{"/.a/..b", "/.a/..b"},
           Row{"/x/../a", "/a"},
           Row{"/x/..", "/"},
           Row{"/x/y/..", "/x/"},
           Row{"/../../a", "/a"},
           Row{"/x/y/../../a", "/a"},
           Row{"/x/%2e%2E/a", "/a"},
           Row{"/x/.%2e//../a", "/a"},
           Row{"/x/...", "/x/..."},
           Row{"/%61?%61/../b", "/a?%61/../b"},
           Row{"/a?//", "/a?//"},
           Row{"/a?b=%2f", "/a?b=%2f"},
           Row{"/a%2fb", "ambiguous"},
           Row{"/a%5Cb", "ambiguous"},
           Row{"/a\\b", "ambiguous"},
           Row{"/%00", "ambiguous"},
           Row{"/%", "ambiguous"},
           Row{"/%4", "ambiguous"},
           Row{"/%zz", "ambiguous"},
           Row{"/a%?41", "ambiguous"},
       }) {
    EXPECT_EQ(formed(row.path), row.form) << row.path;
    EXPECT_EQ(formed(formed(row.path)), row.form) << "once is enough: " << row.path;
  }
}

TEST(PathForm, ParametersCanBeDropped) {
  std::string out;
  for (const auto& [path, plain] :
       {std::pair{"/a;v=1/b", "/a/b"}, {"/a/..;x/b", "/b"}, {"/;/a;", "/a"}, {"/a?b;c", "/a"}}) {
    dropPathParameters(path, out);
    EXPECT_EQ(out, plain) << path;
  }
}

TEST(PathForm, PrefixesAreOfWholeSegments) {
  EXPECT_TRUE(hasPathPrefix("/api", "/api"));
  EXPECT_TRUE(hasPathPrefix("/api/", "/api"));
  EXPECT_TRUE(hasPathPrefix("/api/x", "/api"));
  EXPECT_TRUE(hasPathPrefix("/x", "/"));
  EXPECT_FALSE(hasPathPrefix("/apix", "/api"));
  EXPECT_FALSE(hasPathPrefix("/ap", "/api"));
  EXPECT_FALSE(hasPathPrefix("*", "/"));
}

}  // namespace
}  // namespace lb::http
