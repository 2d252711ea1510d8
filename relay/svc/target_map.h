#pragma once

#include "relay/codec/dependency_descriptor.h"
#include "relay/svc/frame_info.h"

namespace strata::relay {

// Which decode target of `structure` each (spatial, temporal) means, and which targets a group that
// forwards it forwards whole.
TargetMap make_target_map(const DependencyStructure& structure);

// What prediction between spatial layers the structure's templates allow (C3).
SpatialMode spatial_mode(const DependencyStructure& structure);

}  // namespace strata::relay
