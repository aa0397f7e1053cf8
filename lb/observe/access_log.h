// One line per exchange, in fixed order: for humans, or as JSON with the fields of docs/telemetry.md.
// Query strings, Authorization and Cookie are never written.
#pragma once

#include <string>

#include "lb/config/config.h"
#include "lb/observe/record.h"

namespace lb::observe {

// Appends the line, without a newline, to `out` (cleared by the caller; reused, so that no line allocates).
// Whatever came from the wire is escaped; invalid UTF-8 becomes \ufffd in JSON and \xNN in text.
void formatText(const Record& record, std::string& out);
void formatJson(const Record& record, std::string& out);

}  // namespace lb::observe
