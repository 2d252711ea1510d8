#include "bench/generator/throughput/preset.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>

#include "bench/generator/data_files.h"
#include "bench/generator/pcap_reader.h"

namespace strata::gen {
namespace {

using nlohmann::json;

void only(const json& object, std::initializer_list<const char*> names) {
    for (const auto& [key, value] : object.items())
        if (std::ranges::none_of(names, [&](const char* n) { return key == n; }))
            throw FileError(fmt::format("unknown key \"{}\"", key));
}

std::uint32_t read_count(const json& object, const char* name) {
    const auto count = object.value(name, std::int64_t{1});
    if (count < 1 || count > 1'000'000)
        throw FileError(fmt::format("\"{}\" must be 1 to 1000000", name));
    return static_cast<std::uint32_t>(count);
}

double read_rate(const json& object, const char* name) {
    const double rate = object.value(name, 0.0);
    if (rate < 0 || rate > 1e6) throw FileError(fmt::format("\"{}\" must be 0 to 1000000", name));
    return rate;
}

PresetReceive read_receive(const json& object) {
    only(object, {"kind", "count", "layers"});
    PresetReceive r;
    const auto kind = object.at("kind").get<std::string>();
    if (kind != "video" && kind != "audio") throw FileError("\"kind\" is video or audio");
    r.video = kind == "video";
    r.count = read_count(object, "count");
    r.layers = object.value("layers", std::vector<std::string>{"max"});
    if (r.layers.empty()) throw FileError("\"layers\" must name one target at least");
    return r;
}

PresetMembers read_members(const json& object) {
    only(object, {"name", "count", "publish", "receive"});
    PresetMembers m;
    m.name = object.at("name").get<std::string>();
    m.count = read_count(object, "count");
    m.publish = object.value("publish", std::vector<std::string>{});
    for (const json& one : object.value("receive", json::array()))
        m.receive.push_back(read_receive(one));
    return m;
}

void check(const Preset& p) {
    if (std::ranges::none_of(p.members, [](const auto& m) { return !m.publish.empty(); }))
        throw FileError("nobody publishes");
    if (std::ranges::none_of(p.members, [](const auto& m) { return !m.receive.empty(); }))
        throw FileError("nobody receives");
    const auto scaled = std::ranges::find(p.members, p.scale, &PresetMembers::name);
    if (p.scale != "rooms" && (scaled == p.members.end() || !scaled->publish.empty()))
        throw FileError("\"scale\" is \"rooms\" or the name of members that publish nothing");
    if (p.churn.any() && std::ranges::none_of(p.members, [](const auto& m) {
            return m.publish.empty() && !m.receive.empty();
        }))
        throw FileError("\"churn\" needs members that only receive");
}

}  // namespace

std::uint32_t Preset::units() const {
    const auto scaled = std::ranges::find(members, scale, &PresetMembers::name);
    return scaled == members.end() ? rooms : scaled->count;
}

void Preset::set_units(std::uint32_t units) {
    const auto scaled = std::ranges::find(members, scale, &PresetMembers::name);
    (scaled == members.end() ? rooms : scaled->count) = units;
}

std::uint64_t Preset::receivers() const {
    std::uint64_t count = 0;
    for (const PresetMembers& m : members)
        if (!m.receive.empty()) count += m.count;
    return count * rooms;
}

Preset parse_preset(const json& in, const std::string& name) {
    try {
        only(in, {"description", "rooms", "members", "scale", "churn", "hostile"});
        Preset p;
        p.name = name;
        p.description = in.value("description", std::string());
        p.rooms = read_count(in, "rooms");
        for (const json& one : in.at("members")) p.members.push_back(read_members(one));
        p.scale = in.value("scale", p.scale);
        if (in.contains("churn")) {
            only(in["churn"], {"joins_per_s", "layer_changes_per_s"});
            p.churn.joins_per_s = read_rate(in["churn"], "joins_per_s");
            p.churn.layer_changes_per_s = read_rate(in["churn"], "layer_changes_per_s");
        }
        if (in.contains("hostile")) {
            only(in["hostile"], {"packets_per_s"});
            p.hostile_packets_per_s = read_rate(in["hostile"], "packets_per_s");
        }
        check(p);
        return p;
    } catch (const json::exception& e) {
        throw FileError(fmt::format("preset {}: {}", name, e.what()));
    } catch (const FileError& e) {
        throw FileError(fmt::format("preset {}: {}", name, e.what()));
    }
}

Preset load_preset(const std::string& name) {
    return parse_preset(load_data_file("presets", name), name);
}

std::vector<std::string> preset_names() { return data_file_names("presets"); }

}  // namespace strata::gen
