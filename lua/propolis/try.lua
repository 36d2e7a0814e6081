--- try: several calls in a row that may each give nil and an error.
--
--   local function write(path, value)
--       local text = try.check(json.encode(value))
--       local _ <close> = try.check(sys.lock(path .. ".lock"))
--       return try.check(sys.replace(path, text))
--   end
--   local ok, err = try.call(write, path, value)
local try = {}

local Failure = { __name = "propolis.failure" }

function Failure:__tostring()
    return tostring(self.err)
end

--- The value and all that follows it; without a value it raises a failure.
-- Unlike assert it leaves the error as it is, also when that is a string.
function try.check(value, err, ...)
    if not value then error(setmetatable({ err = err }, Failure), 0) end
    return value, err, ...
end

--- True for what try.check raises.
function try.is_failure(raised)
    return getmetatable(raised) == Failure
end

local function ended(ok, result, ...)
    if ok then
        return result, ...
    elseif not try.is_failure(result) then
        error(result, 0)
    end
    return nil, result.err
end

--- Calls fn(...) in which try.check is used.
-- @return what fn returns; or nil and the error of the check that failed.  Any
-- other error is raised again.
function try.call(fn, ...)
    return ended(pcall(fn, ...))
end

--- Makes every function of a module one that gives nil and an error where a
-- check in it fails.
-- @return module
function try.module(module)
    for name, fn in pairs(module) do
        module[name] = function(...)
            return ended(pcall(fn, ...))
        end
    end
    return module
end

return try
