#include "lb/proxy/header_rules.h"

namespace lb::proxy {

void dropRuled(const config::HeaderRules& rules, http::Fields& fields) {
  for (const std::string& name : rules.remove) fields.drop(name);
  for (const config::HeaderLine& line : rules.set) fields.drop(line.name);
}

void applyRules(const config::HeaderRules& rules, http::Fields& fields) {
  dropRuled(rules, fields);
  for (const config::HeaderLine& line : rules.set) fields.add(line.name, line.value);
  for (const config::HeaderLine& line : rules.add) fields.add(line.name, line.value);
}

}  // namespace lb::proxy
