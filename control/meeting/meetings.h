#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control/api/web_socket.h"
#include "control/meeting/guest.h"
#include "control/meeting/live.h"
#include "control/meeting/message.h"
#include "control/meeting/reply.h"
#include "control/node/node.h"
#include "control/room/slot_rules.h"
#include "control/room/speakers.h"
#include "control/signalling/access.h"
#include "control/signalling/legs.h"

namespace strata::control {

// The meeting protocol at /meet/ROOM (docs/meetings.md). Requests change what is stored; whatever
// changed a room, by whomever, is told to its members and brings their slots up to date once, in
// the loop's next turn. Loop's thread.
class Meetings {
  public:
    using Clock = std::chrono::steady_clock;
    struct Environment {
        Node* node;  // all outlive the meetings
        Legs* legs;
        Peers* peers;
        const Access* access;
        meeting::Live live;
        std::vector<std::string> ice_servers;  // URIs that clients are told of
        std::function<Clock::time_point()> now;
        // Runs a function once, later, on the same thread.
        std::function<void(std::chrono::milliseconds, std::function<void()>)> after;
    };
    explicit Meetings(Environment environment);

    // Anybody may open a connection; `join` asks who it is.
    Result<WebSocketAcceptor> upgrade(const HttpRequest& request);
    // Tells everybody to come back later, and closes; false: nobody is there.
    bool drain();

    Node::NamedCounters counters() const;

  private:
    using RequestId = meeting::RequestId;
    using GuestPtr = meeting::GuestPtr;
    struct Room {
        std::vector<meeting::Listed> told;  // to everybody in it
        std::set<GuestPtr> guests;
        Speakers speakers;
    };

    WebSocket::Events accept(GuestPtr guest);
    void receive(const GuestPtr& guest, std::string_view text);
    bool admit(meeting::Guest& guest);
    void gone(const GuestPtr& guest);
    void await_return(MemberId id);
    void close(const GuestPtr& guest, CloseCode code, std::string_view why,
               std::string_view detail);

    // Requests: each answers by itself, or says why not.
    using Done = Result<void>;
    Done handle(const GuestPtr& guest, RequestId id, const meeting::Join& join);
    Done handle(const GuestPtr& guest, RequestId id, const meeting::Answer& answer);
    Done handle(const GuestPtr& guest, RequestId id, const meeting::Publish& publish);
    Done handle(const GuestPtr& guest, RequestId id, const meeting::Unpublish& unpublish);
    Done handle(const GuestPtr& guest, RequestId id, const meeting::Mute& mute);
    Done handle(const GuestPtr& guest, RequestId id, const meeting::View& view);
    Done handle(const GuestPtr& guest, RequestId id, const meeting::Restart& restart);
    Done handle(const GuestPtr& guest, RequestId id, const meeting::Remove& remove);
    Done handle(const GuestPtr& guest, RequestId id, const meeting::Leave& leave);
    Done handle(const GuestPtr& guest, RequestId id, const meeting::ListMembers& list);

    Result<MemberId> enter(const GuestPtr& guest, const meeting::Join& join,
                           const MemberRights& rights);
    Result<MemberId> resume(const GuestPtr& guest, const meeting::Join& join,
                            const MemberRights& rights);
    std::size_t page_bytes() const;
    void welcome(const GuestPtr& guest, RequestId id, MemberId member, bool resumed);
    void send_offer(const GuestPtr& guest, Legs::Offer offer);
    Done restart_publication(const GuestPtr& guest, RequestId id, const meeting::Restart& restart);
    const Member& member_of(const meeting::Guest& guest) const;

    // Rooms.
    void on_rooms(const std::set<std::string>& rooms);
    void settle_soon();
    void settle(const std::string& name);
    void fill_slots(const std::string& name);
    void tell_members(const std::string& name, Room& room);
    void tell_own(const GuestPtr& guest);
    void tell_slots(const GuestPtr& guest, const Member& member);
    void tell_unshown(const GuestPtr& guest, std::span<const SlotCandidate> candidates);
    void end_room(const std::string& name);
    void remember_why(const std::string& room, const std::string& member, const char* reason);
    std::string ended_reason(ParticipantId id);

    // What is looked at a few times a second, as long as anybody is here.
    void watch();
    void look();
    bool listen(const std::string& name, Room& room);
    void look_at_layers(const GuestPtr& guest);

    Node& node_;
    Legs& legs_;
    Peers& peers_;
    const Access& access_;
    meeting::Live live_;
    std::vector<std::string> ice_servers_;
    std::function<Clock::time_point()> now_;
    std::function<void(std::chrono::milliseconds, std::function<void()>)> after_;

    std::map<std::string, Room> rooms_;     // with guests that have joined
    std::map<MemberId, GuestPtr> present_;  // whose WebSocket is there
    std::set<GuestPtr> guests_;             // all, joined or not
    std::map<MemberId, std::uint64_t> absences_;
    std::map<std::string, std::string> left_because_;  // by the member's text
    std::set<std::string> dirty_;
    bool settling_ = false;  // it is scheduled
    bool watching_ = false;  // likewise
    std::uint32_t looks_ = 0;
    std::uint64_t joined_ = 0, resumed_ = 0, lost_ = 0, refused_ = 0;
};

}  // namespace strata::control
