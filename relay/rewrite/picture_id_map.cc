#include "relay/rewrite/picture_id_map.h"

namespace strata::relay {

auto PictureIdMap::decide_any(std::int64_t picture, bool wanted) -> Decision {
    const NumberState state = map_.state_of(picture);
    if (state == NumberState::dropped)
        return {};  // the most frequent of all, and maybe in the tail
    if (state != NumberState::unknown)
        return {state == NumberState::forwarded, map_.at(picture)->number};
    const bool reserved =
        map_.started() && picture >= map_.lowest() && picture <= map_.highest_frozen();
    if (!wanted && !reserved) {
        map_.drop_or_none(picture);
        return {};
    }
    const auto id = map_.forward(picture);
    if (!id) return {};
    forwarded_ = picture;
    forwarded_as_ = *id;
    return {true, *id};
}

}  // namespace strata::relay
