#include <chrono>
#include <nlohmann/json.hpp>

#include "control/api/api.h"
#include "control/api/json_answer.h"
#include "control/api/observation_reader.h"
#include "control/api/timestamp.h"
#include "control/api/whole_number.h"
#include "control/observe/capture_file.h"
#include "control/observe/trace_steps.h"
#include "control/observe/words.h"

// Captures and traces. What they show is fetched piece by piece.
namespace strata::control {
namespace {

using nlohmann::ordered_json;

template <typename Clock>
std::int64_t now_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch())
        .count();
}

// What to add to a worker's time.
std::int64_t monotonic_to_unix_us() {
    return now_us<std::chrono::system_clock>() - now_us<std::chrono::steady_clock>();
}

ordered_json observation_json(const Observations::Observation& o) {
    return {{"id", o.id},
            {"state", observation_state_text(o.state)},
            {"ended_by", o.why_done.empty() ? ordered_json(nullptr) : ordered_json(o.why_done)},
            {"selection", selection_words(o.spec)},
            {"packets", o.packets},
            {"bytes", o.bytes},
            {"lost", o.lost},
            {"most_packets", o.spec.packets},
            {"most_seconds", o.spec.seconds},
            {"started_at", timestamp_text(o.started_ms)}};
}

ordered_json packet_json(const ObservedPacket& packet, const Directory& directory,
                         std::int64_t offset_us) {
    const api::ObservedHead& h = packet.head;
    ordered_json steps = ordered_json::array();
    for (const TraceStep& step : trace_steps(packet, directory))
        steps.push_back({{"stage", step.stage}, {"text", step.text}});
    const auto id = [](auto value) {
        return value.value == 0 ? ordered_json(nullptr) : ordered_json(id_text(value));
    };
    return {{"number", h.number},
            {"at", timestamp_text((h.at_us + offset_us) / 1000)},
            {"worker", packet.worker},
            {"participant", id(ParticipantId{h.transport})},
            {"track", id(TrackId{h.track})},
            {"ssrc", h.ssrc},
            {"fate", fate_words(h.fate)},
            {"steps", std::move(steps)}};
}

}  // namespace

// One of the given kind; captures and traces are numbered together.
Result<Observations::Observation*> Api::find_observation(const Call& call) {
    const bool trace = call.path(1) == "traces";
    const std::string& text = call.path(2);
    auto found = node_.observations().find(whole_number<std::uint64_t>(text).value_or(0));
    if (found && (*found)->spec.trace == trace) return found;
    return refuse(ErrorCode::not_found, text.substr(0, 128),
                  std::string("there is no ") + (trace ? "trace" : "capture") + " '" +
                      text.substr(0, 128) + "'",
                  found ? "" : "one that isn't read is ended after a while");
}

Result<HttpResponse> Api::begin_observation(Result<ObservationSpec> spec) {
    if (!spec) return std::unexpected(spec.error());
    const auto begun = node_.observations().start(*std::move(spec));
    if (!begun) return std::unexpected(begun.error());
    return json_answer(201, observation_json(**begun));
}

Result<HttpResponse> Api::create_capture(const Call& call) {
    return begin_observation(read_capture(call.body, node_.directory()));
}

Result<HttpResponse> Api::create_trace(const Call& call) {
    return begin_observation(read_trace(call.body, node_.directory()));
}

Result<HttpResponse> Api::list_observations(const Call& call) {
    const bool traces = call.path(1) == "traces";
    ordered_json items = ordered_json::array();
    for (const auto* observation : node_.observations().list())
        if (observation->spec.trace == traces) items.push_back(observation_json(*observation));
    return json_answer(200, {{"items", std::move(items)}, {"next", nullptr}});
}

Result<HttpResponse> Api::get_observation(const Call& call) {
    const auto found = find_observation(call);
    if (!found) return std::unexpected(found.error());
    return json_answer(200, observation_json(**found));
}

Result<HttpResponse> Api::end_observation(const Call& call) {
    const auto found = find_observation(call);
    if (!found) return std::unexpected(found.error());
    if (auto ok = node_.observations().end((*found)->id); !ok) return std::unexpected(ok.error());
    return HttpResponse{.status = 204, .content_type = "", .body = "", .headers = {}};
}

// The pieces, one behind the other, are a pcapng file.
Result<HttpResponse> Api::read_capture_piece(const Call& call) {
    const auto found = find_observation(call);
    if (!found) return std::unexpected(found.error());
    Observations::Observation& capture = **found;
    const auto packets = node_.observations().read(capture);
    std::string body;
    if (!std::exchange(capture.headed, true))
        body = capture_head(capture, node_.config().node.name);
    append_packets(body, packets, monotonic_to_unix_us());
    if (capture.state == ObservationState::done && !std::exchange(capture.ended, true))
        body += capture_end(capture, now_us<std::chrono::system_clock>());
    return HttpResponse{
        .status = 200,
        .content_type = "application/x-pcapng",
        .body = std::move(body),
        .headers = {{"Strata-State", std::string(observation_state_text(capture.state))},
                    {"Strata-Packets", std::to_string(capture.packets)},
                    {"Strata-Lost", std::to_string(capture.lost)}}};
}

Result<HttpResponse> Api::read_trace_piece(const Call& call) {
    const auto found = find_observation(call);
    if (!found) return std::unexpected(found.error());
    Observations::Observation& trace = **found;
    const auto packets = node_.observations().read(trace);
    const std::int64_t offset_us = monotonic_to_unix_us();
    ordered_json items = ordered_json::array();
    for (const ObservedPacket& packet : packets)
        items.push_back(packet_json(packet, node_.directory(), offset_us));
    trace.ended = trace.state == ObservationState::done;
    ordered_json body = observation_json(trace);
    body["items"] = std::move(items);
    return json_answer(200, body);
}

}  // namespace strata::control
