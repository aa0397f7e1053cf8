// Bytes from the wire on their way into a log line: whatever they are, the line stays one line and stays readable.
#pragma once

#include <string>
#include <string_view>

namespace lb::observe {

// In quotes, as RFC 8259 has it. Controls are escaped; each byte that is not UTF-8 becomes \ufffd.
void appendJsonString(std::string_view raw, std::string& out);

// A member's name and its colon, with a comma before it unless it is the first of its object. REQUIRES a name that
// needs no escape, and something in `out`.
void appendJsonKey(std::string_view name, std::string& out);

// Without quotes. Controls (C1 ones too), quotes, backslashes and bytes that are not UTF-8 become \xNN.
void appendTextEscaped(std::string_view raw, std::string& out);

}  // namespace lb::observe
