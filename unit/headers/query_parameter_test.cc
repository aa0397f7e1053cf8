// Finding ?s=<domain> in a request target.
#include <gtest/gtest.h>

#include "lb/proxy/route_table.h"

namespace lb::proxy {
namespace {

TEST(QueryParameter, IsFoundDecodedAndOnlyByItsWholeName) {
  struct Row {
    const char* target;
    const char* value;
  };
  for (const Row& row : {Row{"/?s=a.example", "a.example"}, Row{"/x?t=1&s=a.example&u=2", "a.example"},
                         Row{"/?s=a%2Eexample", "a.example"}, Row{"/?s=a+b", "a b"}, Row{"/?s=%zz", "%zz"},
                         Row{"/?s=%2", "%2"}, Row{"/?ss=a", ""}, Row{"/?S=a", ""}, Row{"/s=a", ""}, Row{"/?s", ""},
                         Row{"/?s=", ""}, Row{"/", ""}, Row{"/?s=first&s=second", "first"}, Row{"/?&&s=a", "a"}}) {
    EXPECT_EQ(queryParameter(row.target, "s"), row.value) << row.target;
  }
}

}  // namespace
}  // namespace lb::proxy
