// Ways to write what stands before a request's own path, /r/<number>, and what servers make of each. A table, so that
// the oracle of routes needs no code like lb's to know it.
#pragma once

#include <array>

namespace sim::plan {

struct RoutePath {
  const char* sent;
  const char* form;     // what routes are matched against and what is forwarded; null: there is none, and lb refuses
  const char* plain;    // the same as a server reads it that drops path parameters
  bool climbs = false;  // such a server finds it outside of what a rewrite puts before it
};

inline constexpr std::array kRoutePaths{
    RoutePath{"", "", ""},
    RoutePath{"/api", "/api", "/api"},
    RoutePath{"/api/v1", "/api/v1", "/api/v1"},
    RoutePath{"/x", "/x", "/x"},
    RoutePath{"/apix", "/apix", "/apix"},
    RoutePath{"/API", "/API", "/API"},
    RoutePath{"/%61pi", "/api", "/api"},
    RoutePath{"//api", "/api", "/api"},
    RoutePath{"/api//v1", "/api/v1", "/api/v1"},
    RoutePath{"/./api/.", "/api", "/api"},
    RoutePath{"/x/../api", "/api", "/api"},
    RoutePath{"/x/%2e%2E/api", "/api", "/api"},
    RoutePath{"/../x", "/x", "/x"},
    RoutePath{"/api/v1/..", "/api", "/api"},
    RoutePath{"/%c3%a4", "/%C3%A4", "/%C3%A4"},
    RoutePath{"/api%2fv1", nullptr, nullptr},
    RoutePath{"/x/..%2Fapi", nullptr, nullptr},
    RoutePath{"/x%5c..%5Capi", nullptr, nullptr},
    RoutePath{"/%zz", nullptr, nullptr},
    RoutePath{"/x\\api", nullptr, nullptr},
    RoutePath{"/%00/api", nullptr, nullptr},
    RoutePath{"/api;v=1", "/api;v=1", "/api"},
    RoutePath{"/x/..;/api", "/x/..;/api", "/api"},
    RoutePath{"/other;a=b", "/other;a=b", "/other"},
    RoutePath{"/api;a/v1;b", "/api;a/v1;b", "/api/v1"},
    RoutePath{"/..;/api", "/..;/api", "/api", true},
};

}  // namespace sim::plan
