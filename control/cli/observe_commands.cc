#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <thread>

#include "control/cli/command.h"
#include "control/cli/names.h"
#include "control/cli/number.h"
#include "control/cli/session.h"

// strata capture and strata trace: begun, fetched piece by piece, ended.
namespace strata::control::cli {
namespace {

constexpr std::chrono::milliseconds kPeriod{50};  // between two pieces

std::atomic<bool> interrupted{false};

extern "C" void on_interrupt(int) { interrupted = true; }

// From the first Ctrl-C on what has been captured is written and the capture ended; the second one
// ends the program.
void catch_interrupts() {
    struct sigaction action{};
    action.sa_handler = on_interrupt;
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);  // a slow reader waits
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

// What a capture or trace is begun with.
Result<Json> selection_of(const ApiClient& api, const Values& values) {
    Json body = Json::object();
    if (values.has("--room")) body["room"] = values.get("--room");
    if (values.has("--participant")) {
        const auto id = participant_id(api, values.get("--participant"), room_of(values));
        if (!id) return std::unexpected(id.error());
        body["participant"] = *id;
    }
    if (values.has("--track")) {
        const auto id = track_id(api, values.get("--track"), room_of(values));
        if (!id) return std::unexpected(id.error());
        body["track"] = *id;
    }
    if (values.has("--direction")) body["direction"] = values.get("--direction");
    for (const std::string& drop : values.all("--drop"))
        body["drops"].push_back(drop == "any" ? "*" : drop);
    for (const auto& [option, field] : {std::pair{"--sample", "sample"},
                                        {"--packets", "packets"},
                                        {"--bytes", "bytes"},
                                        {"--seconds", "seconds"},
                                        {"--snaplen", "snap_bytes"}}) {
        if (!values.has(option)) continue;
        const auto number = parse_u32(values.get(option), option);
        if (!number) return std::unexpected(number.error());
        body[field] = *number;
    }
    if (values.has("--payload")) body["payload"] = true;
    return body;
}

// How it stands, said once it is under way.
class Progress {
  public:
    explicit Progress(const char* what) : what_(what) {}
    void note(const Json& state) {
        if (said_ || field_text(state, "state") == "starting") return;
        said_ = true;
        std::cerr << what_ << ": " << field_text(state, "selection") << " (Ctrl-C ends)\n"
                  << std::flush;
    }
    void end(const Json& state) const {
        std::string why = field_text(state, "ended_by");
        if (why == "packets" || why == "bytes" || why == "seconds") why = "its bound of " + why;
        std::cerr << number_text(state, "packets") << " packets, " << number_text(state, "lost")
                  << " lost" << (why.empty() ? "" : "; ended by ") << why << "\n"
                  << std::flush;
    }

  private:
    const char* what_;
    bool said_ = false;
};

// Where captures and traces differ.
struct Observing {
    std::string collection;
    const char* doing;  // "capturing"
    // Fetches what has come and puts it out. How the observation stands by then.
    std::function<Result<Json>(const std::string& target)> take;
    std::function<void()> finish = [] {};  // after the last piece
};

Result<void> take_all(const std::string& target, const Observing& observing) {
    Progress progress(observing.doing);
    for (bool last = false;;) {
        const auto state = observing.take(target);
        if (!state) return std::unexpected(state.error());
        progress.note(*state);
        if (last || field_text(*state, "state") == "done") {
            observing.finish();
            progress.end(*state);
            return {};
        }
        last = interrupted;  // one more piece
        if (!last) std::this_thread::sleep_for(kPeriod);
    }
}

// Begins what `body` selects, takes piece by piece and ends it.
Result<void> while_observed(const ApiClient& api, const Json& body, const Observing& observing) {
    catch_interrupts();
    const auto begun = api.post("/v1/" + observing.collection, body);
    if (!begun) return std::unexpected(begun.error());
    const std::string target = object_target(observing.collection, field_text(*begun, "id"));
    auto done = take_all(target, observing);
    const auto removed = api.remove(target);
    if (done && !removed && removed.error().exit_code != ExitCode::kNotFound) return removed;
    return done;
}

Result<void> capture(Session& session, const Values& values) {
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    const auto body = selection_of(**api, values);
    if (!body) return std::unexpected(body.error());
    const std::string path = values.get("--write");
    std::ofstream file;
    if (path != "-") {
        file.open(path, std::ios::binary | std::ios::trunc);
        if (!file) return usage_error("--write: \"" + path + "\" can't be written");
    }
    std::ostream& out = path == "-" ? session.out() : file;
    const auto take = [&](const std::string& target) -> Result<Json> {
        const auto piece = (*api)->get_bytes(target + "/packets");
        if (!piece) return std::unexpected(piece.error());
        out.write(piece->data(), static_cast<std::streamsize>(piece->size()));
        if (!out.flush())
            return std::unexpected(
                CliError{ExitCode::kRefused, "output", "the capture can't be written", {}});
        return (*api)->get(target);
    };
    return while_observed(**api, *body, {"captures", "capturing", take});
}

void show_traced(Session& session, const Json& packet) {
    session.out() << field_text(packet, "at") << "  " << field_text(packet, "fate") << "\n";
    for (const Json& step : part(packet, "steps")) {
        std::string stage = field_text(step, "stage");
        stage.resize(11, ' ');
        session.out() << "  " << stage << printable(field_text(step, "text")) << "\n";
    }
    session.out() << "\n" << std::flush;
}

Result<void> trace(Session& session, const Values& values) {
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    const auto body = selection_of(**api, values);
    if (!body) return std::unexpected(body.error());
    Json all = Json::array();
    const auto take = [&](const std::string& target) -> Result<Json> {
        auto piece = (*api)->get(target + "/packets");
        if (!piece) return piece;
        for (Json& packet : (*piece)["items"]) {
            if (session.as_json())
                all.push_back(std::move(packet));
            else
                show_traced(session, packet);
        }
        return piece;
    };
    const auto finish = [&] {
        if (session.as_json()) session.print(all);
    };
    return while_observed(**api, *body, {"traces", "tracing", take, finish});
}

}  // namespace

std::vector<Command> observe_commands() {
    const Option room{"--room", "ROOM", "only packets of this room's participants", Names::kRoom};
    const Option participant{"--participant", "PARTICIPANT",
                             "only packets from and to it: p12, ROOM/NAME or NAME",
                             Names::kParticipant};
    const Option track{"--track", "TRACK",
                       "only packets of this track: t7, PARTICIPANT/NAME or NAME", Names::kTrack};
    const Option drop{"--drop",
                      "REASON",
                      "only packets that were dropped for this reason (see `drops --all`); may be "
                      "repeated; any: for any",
                      Names::kNothing,
                      false,
                      true};
    const Option sample{"--sample", "N", "only one packet of N (default: 1)"};
    return {
        {"capture",
         "",
         "Write packets to a pcapng file, decrypted, each with what became of it; headers only "
         "unless asked otherwise",
         {},
         {{"--write", "FILE", "where to (-w); - for standard output", Names::kFile, true},
          room,
          participant,
          track,
          {"--direction", "DIRECTION",
           "in: what peers send, out: what they are sent, or both (default: both)"},
          drop,
          sample,
          {"--packets", "N", "end after so many (default: limits.capture_packets)"},
          {"--bytes", "N", "end after so many captured bytes (default: limits.capture_mb)"},
          {"--seconds", "N", "end after so long (default: limits.capture_s)"},
          {"--payload", "", "whole packets; without: RTP header, extensions, codec descriptor"},
          {"--snaplen", "BYTES", "the first bytes of each packet, from RTP on, at most 2048"}},
         {"capture --participant demo/alice --direction in --seconds 10 -w alice.pcapng",
          "capture --room demo --drop any -w - | tshark -r -",
          "capture --track alice/cam --sample 100 --packets 1000 -w cam.pcapng"},
         capture},
        {"trace",
         "",
         "Follow the next packets through a worker: what was decided at each stage, in words",
         {},
         {room,
          participant,
          track,
          drop,
          sample,
          {"--packets", "N", "end after so many (default: 10)"},
          {"--seconds", "N", "end after so long (default: limits.capture_s)"}},
         {"trace --track alice/cam --packets 3", "trace --participant demo/alice -o json"},
         trace},
    };
}

}  // namespace strata::control::cli
