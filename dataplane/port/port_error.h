#pragma once

#include <string>

namespace strata::dataplane {

// Why a port couldn't be opened or started. Main thread only.
struct PortError {
    std::string code;     // stable: "port-spec", "port-open", "port-capability", "pool-memory"
    std::string object;   // the port as configured
    std::string message;  // what was wanted and what there is
    std::string hint;     // the command or setting that mends it; may be empty
};

}  // namespace strata::dataplane
