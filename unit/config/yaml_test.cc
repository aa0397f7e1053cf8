// The text itself: syntax, what of YAML is refused, and that no file makes the parser grow or recurse without end.
#include "lb/config/yaml.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "lb/config/bounds.h"
#include "unit/config/support.h"

namespace lb::config {
namespace {

const std::string kSmallest =
    "the smallest valid file is: proxy: {services: [{name: my-service, domain: example.com, "
    "hosts: [{address: 127.0.0.1, port: 9090}]}]}";

TEST(Yaml, SmallestFileOfTheMessageIsValid) {
  EXPECT_EQ(errorsOf(kSmallest.substr(kSmallest.find("proxy: {"))), "");
}

TEST(Yaml, NoProxyToReadTellsHowToBegin) {
  const std::string missing = "`proxy` is missing, everything belongs under it; " + kSmallest + "\n";
  const std::vector<Row> rows{
      {"empty", "", "c.yaml:1:1: the file is empty; " + kSmallest + "\n"},
      {"spaces", " \n\n", "c.yaml:1:1: the file is empty; " + kSmallest + "\n"},
      {"comment", "# nothing\n", "c.yaml:1:1: the file is empty; " + kSmallest + "\n"},
      {"document marker", "---\n", "c.yaml:1:1: the file is empty; " + kSmallest + "\n"},
      {"null", "~", "c.yaml:1:1: the file is empty; " + kSmallest + "\n"},
      {"scalar", "hello", "c.yaml:1:1: the file must be a map; " + kSmallest + "\n"},
      {"list", "- 1", "c.yaml:1:1: the file must be a map; " + kSmallest + "\n"},
      {"empty map", "{}", "c.yaml:1:1: " + missing},
      {"misspelt", "prxy: {}",
       "c.yaml:1:1: " + missing + "c.yaml:1:1: unknown key \"prxy\"; did you mean \"proxy\"?\n"},
      {"nothing under it", "proxy:\n", "c.yaml:1:1: proxy: there is nothing under `proxy`; " + kSmallest + "\n"},
      {"proxy is a list", "proxy: [1]", "c.yaml:1:8: must be a map, not a list\n"},
  };
  for (const Row& row : rows) EXPECT_EQ(errorsOf(row.yaml), row.expected) << row.name;
}

TEST(Yaml, SyntaxErrorsHaveTheirPlace) {
  const std::vector<Row> rows{
      {"open bracket", "proxy: {a: [1, 2", "c.yaml:1:17: not valid YAML: end of sequence flow not found\n"},
      {"open brace, lines later", "proxy: {a: 1\n\n", "c.yaml:3:1: not valid YAML: end of map flow not found\n"},
      {"wrong indentation", "proxy:\n  a: 1\n b: 2\n", "c.yaml:3:2: not valid YAML: end of map not found\n"},
      {"tab", "proxy:\n\ta: 1\n", "c.yaml:2:3: not valid YAML: illegal map value\n"},
      {"open quote", "proxy: \"abc", "c.yaml:1:12: not valid YAML: illegal EOF in scalar\n"},
      {"bad escape", "proxy: \"\\q\"", "c.yaml:1:11: not valid YAML: unknown escape character: q\n"},
      {"unknown alias", "proxy:\n  a: *b\n", "c.yaml:2:6: not valid YAML: the referenced anchor is not defined\n"},
      {"alias of itself", "proxy: &p\n  a: [*p]\n", "c.yaml:2:7: this alias stands inside the value that it repeats\n"},
      {"second document", "proxy: {}\n---\nproxy: {}\n",
       "c.yaml:2:1: a second document begins here; the file must have only one\n"},
      {"NUL", std::string("proxy:\n  a\0b", 12),
       "c.yaml:2:4: control character 0x00; the file must be text in UTF-8\n"},
      {"end of transmission", "proxy: \x04", "c.yaml:1:8: control character 0x04; the file must be text in UTF-8\n"},
  };
  for (const Row& row : rows) EXPECT_EQ(errorsOf(row.yaml), row.expected) << row.name;
}

TEST(Yaml, TagsAreRefused) {
  const std::string message = ": tags (words that begin with !) are not supported\n";
  const std::vector<Row> rows{
      {"on a scalar", "proxy:\n  threads: !!int 3\n", "c.yaml:2:12" + message},
      {"on a map", "proxy: !x {}", "c.yaml:1:8" + message},
      {"on a list", "proxy: !x []", "c.yaml:1:8" + message},
      {"on nothing", "proxy: !x\n", "c.yaml:1:8" + message},
      {"on a key", "!x proxy: {}", "c.yaml:1:1" + message},
      {"verbatim", "proxy: !<tag:yaml.org,2002:str> a", "c.yaml:1:8" + message},
  };
  for (const Row& row : rows) EXPECT_EQ(errorsOf(row.yaml), row.expected) << row.name;
}

TEST(Yaml, NestingIsBounded) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(load(nested(kDepthMax)).has_value());
  const auto deeper = load(nested(kDepthMax + 1));
  ASSERT_FALSE(deeper.has_value());
  EXPECT_EQ(format("c.yaml", deeper.error()), "c.yaml:1:33: more than 32 maps and lists within each other");
  EXPECT_FALSE(load(std::string(1'000'000, '[')).has_value());
  EXPECT_FALSE(load(std::string(1'000'000, '{')).has_value());
  std::string dashes;
  for (int i = 0; i < 100'000; ++i) dashes += "- ";
  EXPECT_FALSE(load(dashes).has_value());
}

TEST(Yaml, SizeIsBounded) {
  const std::string valid = withService("");
  const std::string comment = "#" + std::string(kFileBytesMax - valid.size() - 2, 'x') + "\n";
  EXPECT_EQ(errorsOf(comment + valid), "");
  EXPECT_EQ(errorsOf(comment + valid + "\n"), "c.yaml:1:1: the file has 4194305 bytes, over 4194304\n");
}

// 1,000 services that each repeat 1,000 hosts: millions of values out of some 80 KiB.
TEST(Yaml, AliasesCannotBlowUpTheFile) {
  std::string yaml = "proxy:\n  services:\n  - {name: s, domain: s.com, hosts: &h [{address: b, port: 1}";
  for (int i = 2; i <= 1'000; ++i) yaml += fmt::format(", {{address: b, port: {}}}", i);
  yaml += "]}\n";
  for (int i = 2; i <= 1'000; ++i) yaml += fmt::format("  - {{name: s{0}, domain: s{0}.com, hosts: *h}}\n", i);
  const auto parsed = parse(yaml);
  ASSERT_FALSE(parsed.has_value());
  ASSERT_EQ(parsed.error().size(), 1U);
  EXPECT_EQ(parsed.error()[0].message, "aliases repeat values until there are over 250000 of them");
}

TEST(Yaml, ErrorsAreShownUpToALimit) {
  std::string yaml = "proxy:\n";
  for (std::size_t i = 0; i < kIssuesMax; ++i) yaml += "  zzz" + std::to_string(i) + ": 1\n";
  yaml += "  services: [{name: a, domain: a.com, hosts: [{address: b, port: 1}]}]\n";
  EXPECT_EQ(parse(yaml).error().size(), kIssuesMax);
  const auto more = parse(yaml + "  yyy: 1\n").error();
  EXPECT_EQ(more.size(), kIssuesMax + 1);
  EXPECT_EQ(more.back().message, "and 1 more");
}

}  // namespace
}  // namespace lb::config
