// What must not travel further than one connection (RFC 9110 7.6.1).
#pragma once

#include <string>
#include <string_view>

#include "lb/http/message.h"

namespace lb::http {

// Drops Connection, Keep-Alive, Proxy-Connection, TE, Upgrade, Transfer-Encoding and Content-Length, and every field
// that a Connection field names, except that Connection can never remove Host (framing is regenerated in any case).
void dropHopByHop(Fields& fields);

// What Connection fields name, as one list, also after dropHopByHop: a field of such a name does not travel further as
// a trailer either.
[[nodiscard]] std::string namedByConnection(const Fields& fields);
void dropNamed(std::string_view list, Fields& fields);

// To be asked before dropHopByHop.
[[nodiscard]] bool connectionHas(const Fields& fields, std::string_view token);
// May the connection carry another message after this one? (RFC 9112 9.3: 1.1 unless close, 1.0 only with keep-alive)
[[nodiscard]] bool keepsAlive(const Fields& fields, Version version);
// The protocols offered in Upgrade, if Connection has `upgrade`; h2c is left out, empty if nothing is left.
[[nodiscard]] std::string upgradeOffer(const Fields& fields);

}  // namespace lb::http
