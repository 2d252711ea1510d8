#include "bench/generator/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>

namespace strata::gen {
namespace {

using nlohmann::json;

// One object of the plan: reads its keys and knows where it is.
class Reader {
  public:
    Reader(const json& object, std::string where) : object_(object), where_(std::move(where)) {
        if (!object_.is_object()) fail("an object is wanted");
    }

    [[noreturn]] void fail(const std::string& what) const { throw PlanError(where_ + ": " + what); }

    void only(std::initializer_list<const char*> names) const {
        for (const auto& [key, value] : object_.items()) {
            if (std::ranges::any_of(names, [&](const char* n) { return key == n; })) continue;
            std::string known;
            for (const char* name : names)
                known += known.empty() ? name : fmt::format(", {}", name);
            fail(fmt::format("unknown key \"{}\"; there are {}", key, known));
        }
    }

    bool has(const char* name) const { return object_.contains(name); }
    const json& at(const char* name) const {
        if (!has(name)) fail(fmt::format("\"{}\" is missing", name));
        return object_.at(name);
    }

    std::string text(const char* name, const std::string& fallback = {}) const {
        if (!has(name)) return fallback;
        if (!object_.at(name).is_string()) fail(fmt::format("\"{}\" must be a string", name));
        return object_.at(name).get<std::string>();
    }
    std::string required_text(const char* name) const {
        const std::string value = text(name);
        if (value.empty()) fail(fmt::format("\"{}\" is missing", name));
        return value;
    }

    double number(const char* name, double fallback, double low, double high) const {
        if (!has(name)) return fallback;
        const json& value = object_.at(name);
        if (!value.is_number() || value.get<double>() < low || value.get<double>() > high)
            fail(fmt::format("\"{}\" must be a number from {} to {}", name, low, high));
        return value.get<double>();
    }
    std::uint32_t count(const char* name, std::uint32_t fallback, std::uint32_t high) const {
        return static_cast<std::uint32_t>(number(name, fallback, 0, high));
    }
    std::int64_t seconds_us(const char* name, std::int64_t fallback) const {
        if (!has(name)) return fallback;
        return std::llround(number(name, 0, 0, 1e6) * 1e6);
    }

    Address address(const char* name, const std::string& fallback) const {
        const std::string value = text(name, fallback);
        if (value.empty()) return {};
        const auto parsed = parse_address(value);
        if (!parsed)
            fail(fmt::format("\"{}\": \"{}\" is not an address like 127.0.0.1:5000", name, value));
        return *parsed;
    }

  private:
    const json& object_;
    std::string where_;
};

std::string beside(const std::string& plan, const std::string& file) {
    const std::filesystem::path path(file);
    return path.is_absolute() ? file : (std::filesystem::path(plan).parent_path() / path).string();
}

std::vector<std::uint32_t> read_ssrcs(const Reader& in) {
    std::vector<std::uint32_t> ssrcs;
    if (!in.has("ssrcs")) return ssrcs;
    for (const json& one : in.at("ssrcs")) {
        if (!one.is_number_unsigned() || one.get<std::uint64_t>() == 0 ||
            one.get<std::uint64_t>() > UINT32_MAX)
            in.fail("\"ssrcs\" are numbers from 1 to 4294967295");
        ssrcs.push_back(one.get<std::uint32_t>());
    }
    return ssrcs;
}

PublisherPlan read_publisher(const json& object, const std::string& where,
                             const std::string& path) {
    const Reader in(object, where);
    in.only({"id", "capture", "profile", "kind", "local", "remote", "ssrcs", "loops", "speed",
             "start_s", "stop_s"});
    PublisherPlan p;
    p.id = in.required_text("id");
    p.capture = in.text("capture");
    p.profile = in.text("profile");
    if (p.capture.empty() == p.profile.empty())
        in.fail("either \"capture\" or \"profile\" is needed");
    if (!p.capture.empty()) p.capture = beside(path, p.capture);
    const std::string kind = in.text("kind", "any");
    if (kind != "any" && kind != "video" && kind != "audio") in.fail("\"kind\" is video or audio");
    p.kind = kind == "video"   ? TrackKind::video
             : kind == "audio" ? TrackKind::audio
                               : TrackKind::any;
    p.local = in.address("local", "127.0.0.1:0");
    p.remote = in.address("remote", in.required_text("remote"));
    p.ssrcs = read_ssrcs(in);
    p.loops = in.count("loops", 0, 1'000'000);
    p.speed = in.number("speed", 1.0, 0.01, 100);
    p.start_us = in.seconds_us("start_s", 0);
    p.stop_us = in.seconds_us("stop_s", INT64_MAX);
    return p;
}

std::vector<TargetPlan> read_targets(const Reader& in, const std::string& where) {
    std::vector<TargetPlan> targets;
    if (in.has("targets")) {
        for (const json& one : in.at("targets")) {
            const Reader t(one, where + ".targets");
            t.only({"at_s", "target"});
            targets.push_back({t.seconds_us("at_s", 0), t.required_text("target")});
        }
    }
    if (targets.empty()) targets.push_back({0, "max"});
    if (!std::ranges::is_sorted(targets, {}, &TargetPlan::at_us))
        in.fail("\"targets\" must be in order of time");
    return targets;
}

ReceiverPlan read_receiver(const json& object, const std::string& where) {
    const Reader in(object, where);
    in.only({"id", "track", "local", "remote", "ssrc", "payload_type", "red_payload_type",
             "extensions", "targets"});
    ReceiverPlan r;
    r.id = in.required_text("id");
    r.track = in.required_text("track");
    r.local = in.address("local", "127.0.0.1:0");
    r.remote = in.address("remote", "");
    r.ssrc = in.count("ssrc", 0, UINT32_MAX);
    if (in.has("payload_type"))
        r.payload_type = static_cast<std::uint8_t>(in.count("payload_type", 0, 127));
    if (in.has("red_payload_type"))
        r.red_payload_type = static_cast<std::uint8_t>(in.count("red_payload_type", 0, 127));
    if (in.has("extensions")) {
        r.extensions.emplace();
        for (const auto& [id, uri] : in.at("extensions").items()) {
            const int value = std::atoi(id.c_str());
            if (value < 1 || value > 255 || value == 15 || !uri.is_string())
                in.fail("\"extensions\" are ids from 1 to 255, without 15, and URIs");
            (*r.extensions)[static_cast<std::uint8_t>(value)] = uri.get<std::string>();
        }
    }
    r.targets = read_targets(in, where);
    return r;
}

Limits read_limits(const json& object) {
    const Reader in(object, "limits");
    Limits limits;
    for (const auto& [key, value] : object.items()) {
        if (key == "grace_ms" || key == "settle_ms" || key == "late_ms" || key == "latency_p99_us")
            continue;
        const Fault fault = fault_of_name(key);
        if (fault == Fault::kCount) in.fail(fmt::format("unknown limit \"{}\"", key));
        limits.allowed[static_cast<std::size_t>(fault)] = in.count(key.c_str(), 0, UINT32_MAX);
    }
    const auto ms = [&](const char* name, std::int64_t fallback_us) {
        return std::llround(in.number(name, static_cast<double>(fallback_us) / 1000, 0, 1e6) *
                            1000);
    };
    limits.times.grace_us = ms("grace_ms", limits.times.grace_us);
    limits.times.settle_us = ms("settle_ms", limits.times.settle_us);
    limits.times.late_us = ms("late_ms", limits.times.late_us);
    limits.latency_p99_us = in.count("latency_p99_us", 0, UINT32_MAX);
    return limits;
}

void check_names(const Plan& plan) {
    std::set<std::string> publishers, receivers;
    for (const PublisherPlan& p : plan.publishers)
        if (!publishers.insert(p.id).second) throw PlanError("publishers: \"" + p.id + "\" twice");
    for (const ReceiverPlan& r : plan.receivers) {
        if (!receivers.insert(r.id).second) throw PlanError("receivers: \"" + r.id + "\" twice");
        if (!publishers.contains(r.track))
            throw PlanError("receiver \"" + r.id + "\": no publisher \"" + r.track + "\"");
    }
}

}  // namespace

Plan parse_plan(const json& object, const std::string& path) {
    const Reader in(object, "plan");
    in.only({"duration_s", "seed", "port", "publishers", "receivers", "limits"});
    Plan plan;
    plan.path = path;
    plan.duration_us = in.seconds_us("duration_s", 0);
    plan.seed = in.count("seed", 1, UINT32_MAX);
    plan.port = in.text("port", "socket");
    if (!in.at("publishers").is_array() || in.at("publishers").empty())
        in.fail("\"publishers\" must be a list of at least one");
    for (const json& one : in.at("publishers"))
        plan.publishers.push_back(
            read_publisher(one, fmt::format("publishers[{}]", plan.publishers.size()), path));
    if (in.has("receivers"))
        for (const json& one : in.at("receivers"))
            plan.receivers.push_back(
                read_receiver(one, fmt::format("receivers[{}]", plan.receivers.size())));
    if (in.has("limits")) plan.limits = read_limits(in.at("limits"));
    check_names(plan);
    return plan;
}

Plan read_plan(const std::string& path) {
    try {
        if (path == "-") return parse_plan(json::parse(std::cin), "");
        std::ifstream file(path);
        if (!file) throw PlanError(path + ": can't be opened");
        return parse_plan(json::parse(file), path);
    } catch (const json::exception& e) {
        throw PlanError(path + ": " + e.what());
    } catch (const PlanError& e) {
        throw PlanError(std::string(e.what()).starts_with(path) ? e.what()
                                                                : path + ": " + e.what());
    }
}

}  // namespace strata::gen
