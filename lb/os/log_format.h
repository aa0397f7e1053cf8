// How a line of the program's log looks: "2026-01-02T03:04:05.678Z info  message", or an object of JSON.
// Messages may quote what came from the wire, so controls are escaped: one message is always one line.
#pragma once

#include <spdlog/formatter.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace lb::os {

enum class LogFormat : std::uint8_t { Text, Json };

[[nodiscard]] std::unique_ptr<spdlog::formatter> makeLogFormatter(LogFormat format);

// For the formatters and their tests.
void appendEscapedText(std::string_view message, std::string& out);  // controls as \n, \xNN; UTF-8 as it is
void appendEscapedJson(std::string_view message, std::string& out);  // RFC 8259; invalid UTF-8 becomes \ufffd

}  // namespace lb::os
