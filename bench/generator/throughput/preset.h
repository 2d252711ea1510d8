#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace strata::gen {

// What a member receives of the others' tracks of one kind.
struct PresetReceive {
    bool video = true;
    std::uint32_t count = 1;          // tracks, those of the members behind it first
    std::vector<std::string> layers;  // targets; member i takes the i-th, in turn
};

// Members of a room that are alike.
struct PresetMembers {
    std::string name;
    std::uint32_t count = 1;
    std::vector<std::string> publish;  // profiles
    std::vector<PresetReceive> receive;
};

struct PresetChurn {
    double joins_per_s = 0;  // of a receiver, as many leave
    double layer_changes_per_s = 0;
    bool any() const { return joins_per_s > 0 || layer_changes_per_s > 0; }
};

// A workload: rooms, who is in them, what they send and want, and what goes on beside.
struct Preset {
    std::string name, description;
    std::uint32_t rooms = 1;
    std::vector<PresetMembers> members;
    // What a search over receivers counts: "rooms", or the name of members.
    std::string scale = "rooms";
    PresetChurn churn;
    double hostile_packets_per_s = 0;

    // Of what `scale` names.
    std::uint32_t units() const;
    void set_units(std::uint32_t units);
    // How many members of all rooms receive something.
    std::uint64_t receivers() const;
};

// Throws FileError with the name of what is wrong.
Preset parse_preset(const nlohmann::json& json, const std::string& name);
// `name` is a file, or one of the presets that come with strata-gen.
Preset load_preset(const std::string& name);
std::vector<std::string> preset_names();

}  // namespace strata::gen
