#include "control/room/member.h"

namespace strata::control {

bool Member::may_publish(MediaKind kind) const {
    if (rights.admin) return true;
    if (!rights.publish || profile.publish == RoomProfile::Publish::admins) return false;
    return profile.publish == RoomProfile::Publish::all || kind == MediaKind::audio;
}

}  // namespace strata::control
