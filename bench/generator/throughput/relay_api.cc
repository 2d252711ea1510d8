#include "bench/generator/throughput/relay_api.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "control/cli/session.h"

namespace strata::gen {
namespace {

using control::cli::ApiClient;
using control::cli::CliError;
using control::cli::encoded;
using Json = control::cli::Json;

constexpr int kTimeout_ms = 30'000;

[[noreturn]] void fail(const std::string& what, const CliError& error) {
    throw ApiError(what + ": " + error.message +
                   (error.hint.empty() ? std::string() : "\n  hint: " + error.hint));
}

template <typename Value>
Value value_of(const std::string& what, control::cli::Result<Value> result) {
    if (!result) fail(what, result.error());
    if constexpr (!std::is_void_v<Value>) return *std::move(result);
}

class Appliance final : public RelayApi {
  public:
    explicit Appliance(const std::string& where)
        : session_({.api = where, .timeout_ms = kTimeout_ms}, std::cout),
          api_(*value_of("appliance", session_.api())) {
        const Json health = value_of("appliance", api_.get_any_status("/v1/health"));
        if (health.value("dataplane", std::string()) != "synchronised")
            throw ApiError("appliance: its data plane isn't ready: " + health.dump());
    }

    void add_room(const std::string& room) override {
        value_of("room " + room, api_.post("/v1/rooms", {{"name", room}}));
    }
    void remove_room(const std::string& room) override {
        value_of("room " + room, api_.remove("/v1/rooms/" + encoded(room)));
    }
    Participant add_participant(const std::string& room, const Address& local) override {
        const Json made =
            value_of("participant", api_.post("/v1/rooms/" + encoded(room) + "/participants",
                                              {{"remote", to_string(local)}}));
        const auto relay = made["relay"].is_string()
                               ? parse_address(made["relay"].get<std::string>())
                               : std::nullopt;
        if (!relay) throw ApiError("participant: the appliance told no address to send to");
        return {made["id"], *relay};
    }
    void remove_participant(const std::string& participant) override {
        value_of("participant", api_.remove("/v1/participants/" + participant));
    }
    std::string publish(const std::string& participant, const TrackDescription& track) override {
        return value_of("track", api_.post("/v1/participants/" + participant + "/tracks",
                                           Json(to_json(track))))["id"];
    }
    std::string subscribe(const std::string& participant, const std::string& track,
                          const std::string& layers, std::uint32_t ssrc) override {
        return value_of("subscription",
                        api_.post("/v1/participants/" + participant + "/subscriptions",
                                  {{"track", track}, {"layers", layers}, {"ssrc", ssrc}}))["id"];
    }
    void set_layers(const std::string& subscription, const std::string& layers) override {
        value_of("subscription",
                 api_.patch("/v1/subscriptions/" + subscription, {{"layers", layers}}));
    }

  private:
    control::cli::Session session_;
    const ApiClient& api_;
};

}  // namespace

std::unique_ptr<RelayApi> connect_appliance(const std::string& where) {
    return std::make_unique<Appliance>(where);
}

}  // namespace strata::gen
