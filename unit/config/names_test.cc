// Which names and addresses are accepted, and in what spelling they are kept.
#include "lb/config/names.h"

#include <gtest/gtest.h>

#include <array>

namespace lb::config {
namespace {

struct NameRow {
  std::string text;
  std::string expected;  // "!": refused
};

template <std::size_t N>
void check(Result<std::string> (*parse)(std::string_view), const std::array<NameRow, N>& rows) {
  for (const NameRow& row : rows) {
    const Result<std::string> value = parse(row.text);
    EXPECT_EQ(value ? *value : "!", row.expected) << row.text;
  }
}

TEST(Names, Domains) {
  const std::string label63(63, 'a');
  const std::string name253 = label63 + "." + label63 + "." + label63 + "." + std::string(61, 'a');
  check(parseDomain, std::array<NameRow, 26>{{{"example.com", "example.com"},
                                              {"My-Service.My_Company.COM", "my-service.my_company.com"},
                                              {"localhost", "localhost"},
                                              {"*.Example.com", "*.example.com"},
                                              {"192.0.2.1", "192.0.2.1"},
                                              {"[2001:DB8::1]", "[2001:db8::1]"},
                                              {"xn--bcher-kva.example", "xn--bcher-kva.example"},
                                              {label63, label63},
                                              {name253, name253},
                                              {label63 + "a", "!"},
                                              {name253 + "a", "!"},
                                              {"", "!"},
                                              {"*", "!"},
                                              {"*.", "!"},
                                              {"*example.com", "!"},
                                              {"a.*.com", "!"},
                                              {"*.*.com", "!"},
                                              {"example.com.", "!"},
                                              {".example.com", "!"},
                                              {"a..com", "!"},
                                              {"-a.com", "!"},
                                              {"a-.com", "!"},
                                              {"a.com:80", "!"},
                                              {"http://a.com", "!"},
                                              {"b\xc3\xbc"
                                               "cher.de",
                                               "!"},
                                              {"[::1]:80", "!"}}});
}

TEST(Names, HostAddresses) {
  check(parseHostAddress,
        std::array<NameRow, 22>{{{"127.0.0.1", "127.0.0.1"},
                                 {"::1", "::1"},
                                 {"[::1]", "::1"},
                                 {"2001:DB8:0:0::1", "2001:db8::1"},
                                 {"Backend.Example.com", "backend.example.com"},
                                 {"backend.default.svc.cluster.local.", "backend.default.svc.cluster.local."},
                                 {"be", "be"},
                                 {"my_host", "my_host"},
                                 {"", "!"},
                                 {".", "!"},
                                 {"0.0.0.0", "!"},
                                 {"::", "!"},
                                 {"300.0.0.1", "!"},
                                 {"127.0.0", "!"},
                                 {"[127.0.0.1]", "!"},
                                 {"[::1", "!"},
                                 {"a:80", "!"},
                                 {"[::1]:80", "!"},
                                 {"http://a", "!"},
                                 {"a b", "!"},
                                 {"*.a", "!"},
                                 {"fe80::1%eth0", "!"}}});
}

TEST(Names, ListenAddresses) {
  check(parseListenAddress, std::array<NameRow, 10>{{{"", ""},
                                                     {"0.0.0.0", "0.0.0.0"},
                                                     {"[::]", "::"},
                                                     {"0:0:0:0:0:0:0:1", "::1"},
                                                     {"::ffff:127.0.0.1", "127.0.0.1"},
                                                     {"*", "!"},
                                                     {"localhost", "!"},
                                                     {"127.0.0.1:80", "!"},
                                                     {"eth0", "!"},
                                                     {"[]", "!"}}});
}

TEST(Names, ServiceAndParameterNames) {
  check(parseServiceName, std::array<NameRow, 8>{{{"my-service", "my-service"},
                                                  {"My_Service.2", "My_Service.2"},
                                                  {std::string(128, 'a'), std::string(128, 'a')},
                                                  {std::string(129, 'a'), "!"},
                                                  {"", "!"},
                                                  {"a b", "!"},
                                                  {"a\"b", "!"},
                                                  {"_none", "!"}}});
  check(parseParameterName,
        std::array<NameRow, 5>{{{"s", "s"}, {"", ""}, {"a&b", "!"}, {"a=b", "!"}, {std::string(33, 's'), "!"}}});
}

TEST(Names, Paths) {
  check(parsePath, std::array<NameRow, 5>{{{"/var/log/lb \"1\".log", "/var/log/lb \"1\".log"},
                                           {std::string(4096, 'p'), std::string(4096, 'p')},
                                           {std::string(4097, 'p'), "!"},
                                           {"", "!"},
                                           {"a\nb", "!"}}});
}

}  // namespace
}  // namespace lb::config
