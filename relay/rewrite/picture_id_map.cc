#include "relay/rewrite/picture_id_map.h"

namespace strata::relay {

auto PictureIdMap::decide(std::int64_t picture, bool wanted) -> Decision {
    if (const auto known = map_.at(picture); known && known->state != NumberState::unknown)
        return {known->state == NumberState::forwarded, known->number};
    const bool reserved =
        map_.started() && picture >= map_.lowest() && picture <= map_.highest_frozen();
    if (!wanted && !reserved) {
        map_.drop(picture);
        return {};
    }
    const auto id = map_.forward(picture);
    return {id.has_value(), id.value_or(0)};
}

}  // namespace strata::relay
