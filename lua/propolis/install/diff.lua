--- propolis.install.diff: what an edit changes, as lines for a person.
-- Pure. Not a patch: no line numbers, two lines of context around a change.
local diff = {}

local CONTEXT = 2
local LARGE = 4000000 -- cells of the table below; beyond it, all is replaced

local function split(text)
    local lines = {}
    if not text or text == "" then return lines end
    for line in text:gmatch("([^\n]*)\n?") do
        lines[#lines + 1] = (line:gsub("\r$", ""))
    end
    return lines
end

-- Length of the longest common subsequence from (i, j) on.
local function lengths(a, b)
    local rows = {}
    for i = #a + 1, 1, -1 do
        local row, below = {}, rows[i + 1]
        rows[i] = row
        for j = #b + 1, 1, -1 do
            if i > #a or j > #b then
                row[j] = 0
            elseif a[i] == b[j] then
                row[j] = below[j + 1] + 1
            else
                row[j] = math.max(below[j], row[j + 1])
            end
        end
    end
    return rows
end

local function middle(a, b, out)
    if #a * #b > LARGE then
        for _, line in ipairs(a) do out[#out + 1] = "-" .. line end
        for _, line in ipairs(b) do out[#out + 1] = "+" .. line end
        return
    end
    local rows, i, j = lengths(a, b), 1, 1
    while i <= #a or j <= #b do
        if i <= #a and j <= #b and a[i] == b[j] then
            out[#out + 1] = " " .. a[i]
            i, j = i + 1, j + 1
        elseif i <= #a and (j > #b or rows[i + 1][j] >= rows[i][j + 1]) then
            out[#out + 1] = "-" .. a[i]
            i = i + 1
        else
            out[#out + 1] = "+" .. b[j]
            j = j + 1
        end
    end
end

-- Only changes with a little around them; "..." where lines are left out.
local function shorten(lines)
    local keep = {}
    for i, line in ipairs(lines) do
        if line:sub(1, 1) ~= " " then
            for k = i - CONTEXT, i + CONTEXT do keep[k] = true end
        end
    end
    local out, skipped = {}, false
    for i, line in ipairs(lines) do
        if keep[i] then
            out[#out + 1] = line
            skipped = false
        elseif not skipped then
            out[#out + 1] = " ..."
            skipped = true
        end
    end
    return out
end

--- The lines that differ, each with "-", "+" or " " before it.
function diff.lines(before, after)
    local a, b = split(before), split(after)
    local first = 0
    while first < math.min(#a, #b) and a[first + 1] == b[first + 1] do
        first = first + 1
    end
    local last = 0
    while last < math.min(#a, #b) - first and a[#a - last] == b[#b - last] do
        last = last + 1
    end
    local out = {}
    for i = 1, first do out[i] = " " .. a[i] end
    middle(table.move(a, first + 1, #a - last, 1, {}),
        table.move(b, first + 1, #b - last, 1, {}), out)
    for i = #a - last + 1, #a do out[#out + 1] = " " .. a[i] end
    return shorten(out)
end

return diff
