// Who is asking, and what a backend is told about it: X-Forwarded-*, X-Request-Id, Via (RFC 9110 7.6.3), Forwarded.
//
// Nobody is believed by default: what an untrusted peer says about itself is replaced. A peer in trusted_proxies is
// believed, and the chain it reports is walked from the right to the first address that is not trusted itself.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lb/base/address.h"
#include "lb/env/random.h"
#include "lb/http/message.h"

namespace lb::proxy {

struct Identity {
  Address client;  // the port is 0 if only a forwarded address is known
  bool peer_trusted = false;
  std::string request_id;
};

// Fills `identity`, reusing its memory.
void identify(const http::RequestHead& head, const Address& peer, std::span<const Cidr> trusted, Random& random,
              Identity& identity);

// Edits the head for the backend: hop-by-hop fields away, the fields above in. The framing is not its business.
void rewriteRequest(http::RequestHead& head, const Address& peer, const Identity& identity);

}  // namespace lb::proxy
