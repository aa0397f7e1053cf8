// The one place that decides how a body is delimited (RFC 9112 6.3). Nobody reads Content-Length or Transfer-Encoding
// again after this.
#pragma once

#include <expected>

#include "lb/http/message.h"

namespace lb::http {

// Never UntilClose. Problems: 400, or 501 for a transfer coding that we do not know.
[[nodiscard]] std::expected<Framing, Problem> requestFraming(const RequestHead& head);

// `request_method` decides with the status: no body after HEAD, with 1xx, 204 and 304. A problem is a 502.
[[nodiscard]] std::expected<Framing, Problem> responseFraming(const ResponseHead& head, Method request_method);

}  // namespace lb::http
