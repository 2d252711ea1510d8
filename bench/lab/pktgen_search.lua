-- NDR of an appliance with pktgen-dpdk: plays what stage.py wrote once per trial, at a rate of the port in per cent, and compares
-- what came back with what the receivers are owed.
--
--   pktgen -l 0-2 -n 4 -- -P -m "[1:2].0" -s 0:FOLDER/publishers.pcap -f bench/lab/pktgen_search.lua
--
-- Set these two to what stage.py printed. pktgen sends at a steady rate: pictures aren't bursts here as they are with strata-gen
-- and TRex, so that its figures are higher and not to be compared with theirs.
local packets, outputs = tonumber(os.getenv("LAB_PACKETS")), tonumber(os.getenv("LAB_OUTPUTS"))
local allowed = tonumber(os.getenv("LAB_LOSS_RATIO") or "0")
local port, trials, width = 0, 3, 0.05
assert(packets and outputs, "LAB_PACKETS and LAB_OUTPUTS say what stage.py printed")

package.path = package.path .. ";?.lua;test/?.lua;app/?.lua;"
require "Pktgen"

-- Loss of one trial at `rate` per cent of the line; nil: pktgen itself didn't send everything.
local function trial(rate)
    pktgen.clear(port)
    pktgen.set(port, "count", packets)
    pktgen.set(port, "rate", rate)
    pktgen.pcap(port, "on")
    pktgen.start(port)
    while pktgen.isSending(port)[port] == "y" do pktgen.delay(100) end
    pktgen.delay(1000)
    local seen = pktgen.portStats(port, "port")[port]
    if seen.opackets < packets then return nil end
    return math.max(0, 1 - seen.ipackets / outputs)
end

local function carried(rate)
    local good = 0
    for _ = 1, trials do
        local lost = trial(rate)
        if lost == nil then
            print("pktgen didn't send all packets at " .. rate .. " %: no figures")
            os.exit(69)
        end
        printf("  %.4f %% of the line: lost %.4f %%\n", rate, lost * 100)
        if lost <= allowed then good = good + 1 end
    end
    return good * 2 > trials
end

local lower, upper, rate = 0, 0, 1
while true do
    if carried(rate) then lower = rate else upper = rate end
    if upper == 0 then
        if lower >= 100 then break end
        rate = math.min(rate * 2, 100)
    elseif lower == 0 then
        if upper < 0.001 then break end
        rate = upper / 2
    elseif upper - lower <= width * lower then
        break
    else
        rate = math.sqrt(lower * upper)
    end
end
printf("carried: %.4f %% of the line, %.4f %% isn't\n", lower, upper)
