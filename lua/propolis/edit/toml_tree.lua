--- propolis.edit.toml_tree: what a TOML text has defined so far, by which it is
-- known what may not be defined again.  Pure.
--
-- A node is a table, { keys = name -> node }: `named` once a header or dotted
-- keys have named it, `closed` when it was written in braces; or a list of
-- tables, { items = }; or any other value, {}.
local toml_tree = {}
toml_tree.__index = toml_tree

local function new_table() return { keys = {} } end

--- An empty tree, in which keys stand at the top.
function toml_tree.new()
    local root = new_table()
    -- Tables that dotted keys have made since the last header.
    return setmetatable({ root = root, current = root, fresh = {} }, toml_tree)
end

local function twice(path, what)
    return what:format(table.concat(path, "."))
end

-- The table that a header's path leads to, made when it is missing; of a list
-- its last one.
local function descend(node, path)
    for i = 1, #path - 1 do
        local found = node.keys[path[i]] or new_table()
        node.keys[path[i]] = found
        node = found.items and found.items[#found.items] or found
        if not node.keys or node.closed then return nil end
    end
    return node
end

--- Notes a header.
-- @param list whether it is one of a list of tables
-- @return what is wrong with it, as a sentence; or nil
function toml_tree:header(path, list)
    for node in pairs(self.fresh) do node.named = true end
    self.fresh = {}
    local node, name = descend(self.root, path), path[#path]
    local there = node and node.keys[name]
    if list then
        there = there or node and { items = {} }
        if not there or not there.items then
            return twice(path, "[[%s]] is no list of tables")
        end
        node.keys[name], self.current = there, new_table()
        table.insert(there.items, self.current)
        return nil
    end
    there = there or node and new_table()
    if not there or not there.keys or there.named or there.closed then
        return twice(path, "[%s] appears twice")
    end
    there.named = true
    node.keys[name], self.current = there, there
end

--- Notes a key and what is in its value.
-- @return what is wrong with it, as a sentence; or nil
function toml_tree:key(path, value)
    local node = self.current
    for i = 1, #path - 1 do
        local found = node.keys[path[i]] or new_table()
        if not found.keys or found.named or found.closed then
            return twice(path, "the key %q is within a value or table that is "
                .. "complete")
        end
        node.keys[path[i]], self.fresh[found] = found, true
        node = found
    end
    if node.keys[path[#path]] then
        return twice(path, "the key %q appears twice")
    end
    local inner, wrong = toml_tree.within(value)
    node.keys[path[#path]] = inner
    return wrong
end

--- What a value defines: its node and what is wrong within it.
function toml_tree.within(value)
    for _, item in ipairs(value.items or {}) do
        local _, wrong = toml_tree.within(item)
        if wrong then return {}, wrong end
    end
    if not value.keys then return {} end
    local tree = toml_tree.new()
    for _, key in ipairs(value.keys) do
        local wrong = tree:key(key.path, key.value)
        if wrong then return {}, wrong end
    end
    tree.root.closed = true
    return tree.root
end

return toml_tree
