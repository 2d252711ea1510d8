#include "dataplane/port/port.h"

#include <utility>

namespace strata::dataplane {

Port::Port(std::string spec, const PortConfig& config)
    : config_(config), spec_(std::move(spec)), counters_(config.workers) {}

}  // namespace strata::dataplane
