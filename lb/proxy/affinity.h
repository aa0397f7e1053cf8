// What of a request decides where it goes, beyond the policy: the key of `balance: hash`, and the cookie of a sticky
// client. Nothing here allocates but a cookie that is set.
#pragma once

#include <string>

#include "lb/back/roster.h"
#include "lb/config/service.h"
#include "lb/http/message.h"

namespace lb::proxy {

// The key is none where the request does not have what the service hashes.
[[nodiscard]] back::PickRequest affinityOf(const config::Service& service, const http::RequestHead& head,
                                           const IpAddress& client);

// The value of the first cookie of that name (RFC 6265 5.4); none of the characters of a name or value are decoded.
[[nodiscard]] std::optional<std::string_view> cookieOf(const http::Fields& fields, std::string_view name);

// Tells the client to come back to the backend with that id. The id is a hash of service and address, so that it shows
// neither; it is no secret. `line` is scratch.
void addStickyCookie(const config::Sticky& sticky, std::uint64_t id, http::Fields& fields, std::string& line);

}  // namespace lb::proxy
