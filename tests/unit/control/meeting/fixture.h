#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "control/meeting/meetings.h"
#include "control/signalling/sdp/writer.h"
#include "tests/unit/control/signalling/fixture.h"

namespace strata::control {

// A member's WebSocket and what came on it.
class FakeSocket : public WebSocket {
  public:
    void send(std::string text) override {
        if (closed_with) return;
        longest = std::max(longest, text.size());
        received.push_back(nlohmann::json::parse(text));
    }
    void close(CloseCode code, std::string_view) override {
        if (!closed_with) closed_with = code;
    }
    std::deque<nlohmann::json> received;
    std::optional<CloseCode> closed_with;
    std::size_t longest = 0;  // of the messages, in bytes
};

// Meetings on a node with a data plane made of maps; answers of browsers are made from our offers.
struct MeetingsFixture : SessionsFixture {
    using json = nlohmann::json;

    struct Client {
        MeetingsFixture* world;
        std::shared_ptr<FakeSocket> socket = std::make_shared<FakeSocket>();
        WebSocket::Events events;
        json joined;
        std::uint64_t next_id = 1;

        void say(const std::string& text) { events.message(text); }
        // What was answered to it.
        json ask(json message) {
            const std::uint64_t id = next_id++;
            message["id"] = id;
            say(message.dump());
            world->run_turn();
            for (auto it = socket->received.begin(); it != socket->received.end(); ++it) {
                if (it->value("id", 0ULL) != id) continue;
                json answer = *it;
                socket->received.erase(it);
                return answer;
            }
            return nullptr;
        }
        // The next message of this type, which is taken out; null: there is none.
        json next(const std::string& type) {
            for (auto it = socket->received.begin(); it != socket->received.end(); ++it) {
                if (it->at("type") != type) continue;
                json message = *it;
                socket->received.erase(it);
                return message;
            }
            return nullptr;
        }
        json join(json message = {}) {
            message["type"] = "join";
            if (!message.contains("name")) message["name"] = "somebody";
            joined = ask(std::move(message));
            return joined;
        }
        std::string id() const { return joined.at("member").at("id"); }
        // Answers the newest offer as a browser that takes everything.
        json answer() {
            const json offer = next("offer");
            if (offer.is_null()) return nullptr;
            return ask({{"type", "answer"}, {"sdp", browser_answer(offer.at("sdp"))}});
        }
        json publish(const std::string& publication = "camera", json tracks = nullptr,
                     const std::string& offer = "chromium-svc") {
            if (tracks.is_null())
                tracks = {{{"mid", "0"}, {"source", "microphone"}},
                          {{"mid", "1"}, {"source", "camera"}, {"scalability", "L3T3"}}};
            return ask({{"type", "publish"},
                        {"publication", publication},
                        {"sdp", world->fresh_offer(offer)},
                        {"tracks", tracks}});
        }
        void lose() { events.closed(); }
    };

    // The slots of the last message about them that are filled: mid → track.
    static std::map<std::string, std::string> filled(Client& client) {
        std::map<std::string, std::string> all;
        for (json message = client.next("slots"); !message.is_null();
             message = client.next("slots"))
            for (const json& slot : message.at("slots")) {
                all.erase(slot.at("mid"));
                if (slot.contains("track")) all[slot.at("mid")] = slot.at("track");
            }
        return all;
    }

    MeetingsFixture() { start_meetings(); }
    void start_meetings() {
        legs = std::make_unique<Legs>(
            Legs::Environment{.node = node.get(),
                              .peers = peers.get(),
                              .receiving = {.retransmission = true, .transport_cc = true},
                              .sending = {.retransmission = true}});
        meetings = std::make_unique<Meetings>(Meetings::Environment{
            .node = node.get(),
            .legs = legs.get(),
            .peers = peers.get(),
            .access = &access,
            .live = {.voiced_packets = [this](TrackId track) -> std::optional<std::uint64_t> {
                         return voiced[track];
                     },
                     .layers = [this](SubscriptionId id,
                                      TrackId track) -> std::optional<relay::LayerTarget> {
                         const auto found = given.find({id, track});
                         if (found == given.end()) return std::nullopt;
                         return found->second;
                     }},
            .ice_servers = {"stun:a.example"},
            .now = [this] { return now; },
            .after =
                [this](std::chrono::milliseconds time, auto run) {
                    auto& when = time.count() == 0                ? turn
                                 : time < std::chrono::seconds(1) ? looks
                                                                  : timers;
                    when.push_back(std::move(run));
                }});
    }
    // All of control but the store and the data plane, anew.
    void restart_control() {
        turn.clear();
        looks.clear();
        meetings.reset();
        legs.reset();
        sessions.reset();
        peers.reset();
        restart();
        start();
        start_meetings();
        connect();
        run_turn();
    }
    void run_turn() {
        for (int i = 0; i < 10 && !turn.empty(); ++i)
            for (auto& run : std::exchange(turn, {})) run();
    }
    // Meetings look at the data plane so often.
    void look(int times) {
        for (int i = 0; i < times; ++i) {
            now += std::chrono::milliseconds(250);
            for (auto& run : std::exchange(looks, {})) run();
            run_turn();
        }
    }
    Client connect_client(const std::string& room = "demo") {
        Client client{this};
        auto accept = meetings->upgrade(
            {.method = "GET", .target = "/meet/" + room, .peer = HttpRequest::Peer::loopback});
        EXPECT_TRUE(accept);
        client.events = (*accept)(client.socket);
        return client;
    }
    // One that receives.
    Client member(const std::string& name, json message = {}) {
        Client client = connect_client();
        message["name"] = name;
        client.join(std::move(message));
        EXPECT_EQ(client.joined.value("type", ""), "joined") << client.joined;
        client.answer();
        return client;
    }
    // What a browser says to it.
    static std::string browser_answer(const std::string& offer) {
        sdp::Description answer = sdp::parsed(offer);
        answer.ice_lite = false;
        for (sdp::Media& media : answer.media) {
            media.direction = sdp::Direction::recvonly;
            media.transport.setup = sdp::Setup::active;
            media.transport.ice_ufrag = "BRWS";
            media.sources.clear();
            media.source_groups.clear();
            media.candidates.clear();
        }
        return sdp::write(answer);
    }
    // The same offer with SSRCs of its own.
    std::string fresh_offer(const std::string& name) {
        std::string text = sdp::offer_text(name);
        sdp::Description offer = sdp::parsed(text);
        for (const sdp::Media& media : offer.media)
            for (const sdp::Source& source : media.sources) {
                const std::string old = std::to_string(source.ssrc);
                const std::string fresh = std::to_string(++next_ssrc);
                for (auto at = text.find(old); at != text.npos; at = text.find(old, at + 1))
                    text.replace(at, old.size(), fresh);
            }
        return text;
    }
    // Of what the data plane was told.
    std::vector<api::Subscription> feeds() const {
        std::vector<api::Subscription> found;
        for (const auto& [key, bytes] : dataplane.objects) {
            api::Object object;
            object.ParseFromString(bytes);
            if (object.has_subscription()) found.push_back(object.subscription());
        }
        return found;
    }

    // What the data plane counts and gives.
    std::map<TrackId, std::uint64_t> voiced;
    std::map<std::pair<SubscriptionId, TrackId>, relay::LayerTarget> given;
    Access access = *Access::load({}, [] { return std::int64_t{0}; });
    Meetings::Clock::time_point now{};
    std::vector<std::function<void()>> turn, looks;
    std::uint32_t next_ssrc = 3'000'000'000;
    std::unique_ptr<Legs> legs;
    std::unique_ptr<Meetings> meetings;
};

}  // namespace strata::control
