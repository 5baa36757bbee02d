-- wrk: the same request to 200 hosts in turn, each made once.
local requests, next = {}, 0

init = function()
  for i = 1, 200 do
    requests[i] = wrk.format("GET", nil, { Host = "h" .. (i - 1) .. ".test" })
  end
end

request = function()
  next = next % #requests + 1
  return requests[next]
end
