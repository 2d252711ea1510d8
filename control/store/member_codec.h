#pragma once

#include <nlohmann/json_fwd.hpp>

#include "control/room/member.h"

// Room profiles and members as JSON values of the store. Reading throws where a value can't be one.
namespace strata::control {

nlohmann::json profile_json(const RoomProfile& profile);
RoomProfile profile_of(const nlohmann::json& object);
// The built-in one of that name. Those that a newer program may have stored aren't guessed at: they
// say who may publish.
const RoomProfile& known_profile(const std::string& name);

nlohmann::json member_json(const Member& member);
Member member_of(const nlohmann::json& object);

}  // namespace strata::control
