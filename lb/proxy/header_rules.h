// What configuration does to the fields of a head on its way. The parser has made sure that no rule touches framing,
// hop-by-hop or forwarding fields, and that every value is one.
#pragma once

#include "lb/config/routes.h"
#include "lb/http/message.h"

namespace lb::proxy {

void applyRules(const config::HeaderRules& rules, http::Fields& fields);
// What they remove or set: of trailers only that, so that nothing comes in behind the head that would not pass with it.
void dropRuled(const config::HeaderRules& rules, http::Fields& fields);

}  // namespace lb::proxy
