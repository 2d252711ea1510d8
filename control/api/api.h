#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "control/api/http_message.h"
#include "control/api/representation.h"
#include "control/api/statistics_view.h"
#include "control/api/target.h"
#include "control/node/node.h"

namespace strata::control {

// The resources of openapi.yaml. Main thread only.
class Api {
  public:
    // Both outlive it.
    Api(Node& node, StatisticsView& statistics);

    // Reads are answered at once; writes once the data plane has answered, or after
    // Node::kSettleTime.
    void handle(const HttpRequest& request, const HttpRespond& respond);

    // The OpenAPI document that was built in.
    static std::string_view document();

  private:
    struct Call {
        std::string_view body;
        Target target;
        const std::string& path(std::size_t index) const { return target.path[index]; }
    };
    using Answer = Result<HttpResponse>;
    struct Route;
    static const std::vector<Route>& routes();
    static bool matches(const Route& route, const std::vector<std::string>& path);

    Answer list_rooms(const Call& call);
    Answer get_room(const Call& call);
    Answer list_profiles(const Call& call);
    Answer get_profile(const Call& call);
    Answer list_participants(const Call& call);
    Answer get_participant(const Call& call);
    Answer list_tracks(const Call& call);
    Answer get_track(const Call& call);
    Answer list_subscriptions(const Call& call);
    Answer get_subscription(const Call& call);
    Answer list_workers(const Call& call);
    Answer list_ports(const Call& call);
    Answer list_neighbours(const Call& call);
    Answer list_paths(const Call& call);
    Answer list_routes(const Call& call);
    Answer get_worker(const Call& call);
    Answer list_turns(const Call& call);
    Answer list_drops(const Call& call);
    Answer get_stats(const Call& call);
    Answer get_node(const Call& call);
    Answer get_health(const Call& call);
    Answer get_document(const Call& call);

    // Captures and traces (api_observe.cc).
    Answer create_capture(const Call& call);
    Answer create_trace(const Call& call);
    Answer list_observations(const Call& call);
    Answer get_observation(const Call& call);
    Answer end_observation(const Call& call);
    Answer read_capture_piece(const Call& call);
    Answer read_trace_piece(const Call& call);
    Answer begin_observation(Result<ObservationSpec> spec);
    Result<Observations::Observation*> find_observation(const Call& call);

    // Writes are planned only; `write` carries them out.
    Result<Change> create_room(const Call& call);
    Result<Change> delete_room(const Call& call);
    Result<Change> edit_profile(const Call& call);
    Result<Change> reset_profile(const Call& call);
    Result<Change> create_participant(const Call& call);
    Result<Change> delete_participant(const Call& call);
    Result<Change> create_track(const Call& call);
    Result<Change> delete_track(const Call& call);
    Result<Change> create_subscription(const Call& call);
    Result<Change> set_layers(const Call& call);
    Result<Change> delete_subscription(const Call& call);

    void write(const Route& route, const Call& call, const HttpRespond& respond);
    Answer show(const RecordKey& key, int status) const;

    Node& node_;
    StatisticsView& statistics_;
    Representation representation_;
};

}  // namespace strata::control
