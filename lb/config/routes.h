// Routes and what is done to heads on the way, as plain data. Part of config.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lb/config/place.h"

namespace lb::config {

struct HeaderLine {
  std::string name;
  std::string value;
  friend bool operator==(const HeaderLine&, const HeaderLine&) = default;
};

// In this order: remove, set (replace all of that name), add.
struct HeaderRules {
  std::vector<std::string> remove;
  std::vector<HeaderLine> set;
  std::vector<HeaderLine> add;
  friend bool operator==(const HeaderRules&, const HeaderRules&) = default;
};

struct Headers {
  HeaderRules request;   // to the backend
  HeaderRules response;  // to the client
  friend bool operator==(const Headers&, const Headers&) = default;
};

enum class HeaderTest : std::uint8_t { Equals, Present, Absent };

struct HeaderMatch {
  std::string name;
  HeaderTest test = HeaderTest::Equals;
  std::string value;  // of Equals: that of one of the fields of this name, exactly
  friend bool operator==(const HeaderMatch&, const HeaderMatch&) = default;
};

// All that is set has to hold.
struct RouteMatch {
  std::vector<std::string> domains;  // as a service's; none: every host
  // Both in the form of lb/http/path_form.h, without a query.
  std::string path;                  // the whole path; "": any
  std::string path_prefix;           // by segments: /api matches /api and /api/x, not /apix; "": any
  std::vector<std::string> methods;  // none: every method
  std::vector<HeaderMatch> headers;
  friend bool operator==(const RouteMatch&, const RouteMatch&) = default;
};

struct Split {
  std::string service;
  std::uint32_t weight = 1;  // 0: none of it
  Place place{};
  friend bool operator==(const Split&, const Split&) = default;
};

struct Redirect {
  std::uint16_t status = 308;
  std::string scheme;  // http or https; "": as it came
  std::string host;    // with its port; "": as it came
  std::string path;    // with its query; "": as it came, after `rewrite_prefix`, with its query
  friend bool operator==(const Redirect&, const Redirect&) = default;
};

struct Respond {
  std::uint16_t status = 200;
  std::string content_type = "text/plain";
  std::string body;
  friend bool operator==(const Respond&, const Respond&) = default;
};

enum class RouteAction : std::uint8_t { Forward, Redirect, Respond };

struct Route {
  RouteMatch match;
  RouteAction action = RouteAction::Forward;
  std::vector<Split> split;  // Forward: one service, or several by weight
  Redirect redirect;
  Respond respond;
  bool rewrites = false;
  std::string rewrite_prefix;  // replaces match.path_prefix
  Headers headers;             // before the service's own
  Place place{};
  friend bool operator==(const Route&, const Route&) = default;
};

}  // namespace lb::config
