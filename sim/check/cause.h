// Does what the proxy did have a cause? For each of its own answers, and for each connection that it closed, there is a
// table of what may be behind it; anything else is a lie or a defect. And nothing that a timeout has done may come
// before its time.
#pragma once

#include <string_view>

#include "sim/check/in_force.h"
#include "sim/check/ledger.h"

namespace sim::check {

// Has the proxy a reason to answer this request by itself in this way, now?
[[nodiscard]] bool hasCause(const Ledger& ledger, const Entry& entry, std::string_view reason);
// Has it waited long enough for that?
[[nodiscard]] bool waitedLongEnough(const Ledger& ledger, const Entry& entry, std::string_view reason);
// Has it a reason to end the connection without a whole answer, now?
[[nodiscard]] bool mayCut(const Ledger& ledger, const Entry& entry, bool within_answer);

// Did something go on although its time was over for certain?
[[nodiscard]] bool headTookTooLong(const Ledger& ledger, const Entry& entry);
[[nodiscard]] bool answerTookTooLong(const Ledger& ledger, const Entry& entry);

}  // namespace sim::check
