// What configuration does to the fields of a head.
#include "lb/proxy/header_rules.h"

#include <gtest/gtest.h>

namespace lb::proxy {
namespace {

std::string shown(const http::Fields& fields) {
  std::string lines;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!fields.dropped(i)) lines.append(fields.name(i)).append(": ").append(fields.value(i)).append("\n");
  }
  return lines;
}

TEST(HeaderRules, RemoveThenSetThenAdd) {
  http::Fields fields;
  for (const char* name : {"X-Gone", "x-set", "X-Kept", "X-SET"}) fields.add(name, "old");
  applyRules({.remove = {"x-gone", "X-Never", "X-Again"},
              .set = {{"X-Set", "new"}, {"X-Fresh", "1"}},
              .add = {{"X-Kept", "more"}, {"X-Again", "a"}, {"X-Again", ""}}},
             fields);
  EXPECT_EQ(shown(fields), "X-Kept: old\nX-Set: new\nX-Fresh: 1\nX-Kept: more\nX-Again: a\nX-Again: \n");
}

TEST(HeaderRules, NoneLeaveEverythingAsItIs) {
  http::Fields fields;
  fields.add("A", "b");
  applyRules({}, fields);
  EXPECT_EQ(shown(fields), "A: b\n");
}

}  // namespace
}  // namespace lb::proxy
