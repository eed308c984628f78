-- wrk's script: each request carries the next line of the file of cookies; at the end one line of JSON.
local requests, at = {}, 0

function init(args)
  -- A name, as in a browser: mod_auth_openidc takes a cookie only under the host that it was issued for.
  for line in io.lines(args[1]) do
    local headers = { Host = "localhost:" .. wrk.port, Accept = "text/html,application/xhtml+xml,*/*;q=0.8" }
    if line ~= "" then headers["Cookie"] = line end
    requests[#requests + 1] = wrk.format("GET", wrk.path, headers)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "errors": '
      .. '{"connect": %d, "read": %d, "write": %d, "timeout": %d, "status": %d}}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect, errors.read, errors.write, errors.timeout, errors.status))
end
