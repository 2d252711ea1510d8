#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "control/api/statistics_view.h"
#include "control/node/node.h"

// Objects as openapi.yaml describes them.
namespace strata::control {

class Representation {
  public:
    // Both outlive it.
    Representation(const Node& node, StatisticsView& statistics)
        : node_(node), statistics_(statistics) {}

    nlohmann::ordered_json of(const Room& room) const;
    nlohmann::ordered_json of(const RoomProfile& profile) const;
    nlohmann::ordered_json of(const Participant& participant) const;
    nlohmann::ordered_json of(const Track& track) const;
    nlohmann::ordered_json of(const Subscription& subscription) const;

    nlohmann::ordered_json workers() const;
    nlohmann::ordered_json ports() const;
    // `id` is below the directory's number of workers.
    nlohmann::ordered_json worker(std::uint32_t id) const;
    nlohmann::ordered_json worker_turns(std::uint32_t id) const;
    nlohmann::ordered_json drops(bool all) const;
    nlohmann::ordered_json stats() const;
    nlohmann::ordered_json node() const;
    nlohmann::ordered_json health() const;
    bool healthy() const;

  private:
    void add_state(nlohmann::ordered_json& object, const RecordKey& key) const;
    nlohmann::ordered_json encodings_of(const Track& track) const;
    nlohmann::ordered_json branches_of(const Track& track) const;
    std::uint32_t core_of(std::uint32_t worker) const;
    nlohmann::ordered_json worker_summary(std::uint32_t id,
                                          const std::vector<api::WorkerSnapshot>& snapshots) const;
    nlohmann::ordered_json relay_addresses(std::uint32_t worker) const;
    static nlohmann::ordered_json relay_of(const nlohmann::ordered_json& addresses,
                                           const Endpoint* remote);

    const Node& node_;
    StatisticsView& statistics_;
};

}  // namespace strata::control
