--- One secret per rule, made at run time so that no scanner takes this file
-- for a leak: { id =, text = what stands in a prompt, secret = what must go }.
local function rep(s, n)
    return (s:rep(n)):sub(1, n)
end

local WORD = "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0z"
local HEX = "0123456789abcdef"
local UP = "A2C4E6G8J0K1M3N5P7Q9"

local list = {}

local function token(id, prefix, body)
    list[#list + 1] = {
        id = id, text = "key " .. prefix .. body .. " end", secret = body,
    }
end

local function text(id, before, secret, after)
    list[#list + 1] = {
        id = id, text = before .. secret .. (after or ""), secret = secret,
    }
end

text("private-key", "-----BEGIN " .. "RSA PRIVATE KEY-----\n",
    rep("MIIEpA" .. WORD, 64), "\n-----END RSA PRIVATE KEY-----")
token("age-key", "AGE-SECRET-" .. "KEY-1", rep(UP, 58))
text("kubernetes-secret", "kind: Secret\nmetadata:\n  name: a\ndata:\n"
    .. "  extra: ", rep(WORD, 20) .. "==", "\ntype: Opaque")
text("url-password", "postgres://app:", "pg-Canary-77", "@db.example/x")
text("authorization", "Authorization: Basic ", rep(WORD, 22) .. "==")
token("jwt", "ey" .. "J", rep(WORD, 20) .. "." .. rep(WORD, 30) .. "."
    .. rep(WORD, 43))
token("aws-access-key", "AK" .. "IA", rep(UP, 16))
token("github-token", "gh" .. "p_", rep(WORD, 36))
token("github-pat", "github" .. "_pat_", rep(WORD, 40))
token("gitlab-token", "glpat" .. "-", rep(WORD, 20))
token("slack-token", "xox" .. "b-", "12345678-" .. rep(WORD, 24))
text("slack-webhook", "https://hooks.slack" .. ".com/services/",
    "T00000000/B00000000/" .. rep(WORD, 24))
token("stripe-key", "sk_" .. "live_", rep(WORD, 24))
token("stripe-webhook", "wh" .. "sec_", rep(WORD, 32))
token("anthropic-key", "sk-" .. "ant-", rep(WORD, 40))
token("openrouter-key", "sk-" .. "or-", "v1-" .. rep(HEX, 64))
token("openai-key", "sk-" .. "proj-", rep(WORD, 48))
token("sk-key", "s" .. "k-", rep(WORD, 48))
token("google-api-key", "AI" .. "za", rep(WORD, 35))
token("google-oauth", "ya" .. "29.", rep(WORD, 60))
token("google-refresh", "1/" .. "/0", rep(WORD, 44))
token("azure-secret", "abc" .. "8Q~", rep(WORD, 34))
text("azure-sas", "https://x.blob.example/?se=1&sig" .. "=",
    rep(WORD, 43) .. "%3D")
text("azure-key", "AccountName=x;Account" .. "Key=", rep(WORD, 86) .. "==")
token("npm-token", "np" .. "m_", rep(WORD, 36))
token("pypi-token", "pypi-" .. "AgE", rep(WORD, 80))
token("rubygems-key", "rubygems" .. "_", rep(HEX, 48))
token("docker-token", "dckr" .. "_pat_", rep(WORD, 27))
token("huggingface-token", "h" .. "f_", rep(WORD, 34))
token("sendgrid-key", "S" .. "G.", rep(WORD, 22) .. "." .. rep(WORD, 43))
token("brevo-key", "xkey" .. "sib-", rep(HEX, 64))
token("twilio-key", "S" .. "K", rep(HEX, 32))
token("telegram-token", "123456789:" .. "AA", rep(WORD, 33))
token("discord-token", "M" .. "T", rep(WORD, 24) .. "." .. rep(WORD, 6) .. "."
    .. rep(WORD, 30))
text("discord-webhook", "https://discord.com/api/webhooks"
    .. "/123456789012345678/", rep(WORD, 68))
token("digitalocean-token", "dop" .. "_v1_", rep(HEX, 64))
token("databricks-token", "da" .. "pi", rep(HEX, 32))
token("shopify-token", "sh" .. "pat_", rep(HEX, 32))
token("square-token", "sq0" .. "atp-", rep(WORD, 22))
token("square-access", "EA" .. "AAE", rep(WORD, 59))
token("mailgun-key", "ke" .. "y-", rep(HEX, 32))
token("mailgun-private", "pubk" .. "ey-", rep(HEX, 32))
token("linear-key", "lin" .. "_api_", rep(WORD, 40))
token("notion-token", "nt" .. "n_", rep(WORD, 46))
token("figma-token", "fi" .. "gd_", rep(WORD, 40))
token("atlassian-token", "ATA" .. "TT3", rep(WORD, 60))
token("vault-token", "hv" .. "s.", rep(WORD, 24))
token("doppler-token", "dp." .. "pt.", rep(WORD, 43))
token("terraform-token", rep(WORD, 14) .. ".atlas" .. "v1.", rep(WORD, 67))
token("pulumi-token", "pu" .. "l-", rep(HEX, 40))
token("heroku-key", "HR" .. "KU-", rep(WORD, 36))
token("netlify-token", "nf" .. "p_", rep(WORD, 36))
token("fly-token", "fm" .. "2_", rep(WORD, 60))
token("cloudflare-ca-key", "v1" .. ".0-", rep(HEX, 24) .. "-" .. rep(HEX, 146))
token("newrelic-key", "NR" .. "AK-", rep(UP, 27))
token("grafana-token", "gls" .. "a_", rep(WORD, 32) .. "_" .. rep(HEX, 8))
token("grafana-key", "eyJrI" .. "joi", rep(WORD, 60))
token("sentry-token", "snt" .. "rys_", rep(WORD, 60))
token("dynatrace-token", "dt0" .. "c01.", rep(UP, 24) .. "." .. rep(UP, 64))
token("planetscale-token", "pscale" .. "_tkn_", rep(WORD, 43))
token("supabase-key", "sb" .. "p_", rep(HEX, 40))
token("postman-key", "PM" .. "AK-", rep(HEX, 24) .. "-" .. rep(HEX, 34))
token("airtable-token", "pa" .. "t", rep(WORD, 14) .. "." .. rep(HEX, 64))
token("groq-key", "gs" .. "k_", rep(WORD, 52))
token("xai-key", "xa" .. "i-", rep(WORD, 80))
token("perplexity-key", "pp" .. "lx-", rep(WORD, 48))
token("replicate-token", "r" .. "8_", rep(WORD, 37))
token("langsmith-key", "lsv2" .. "_pt_", rep(HEX, 32) .. "_" .. rep(HEX, 10))
token("tailscale-key", "ts" .. "key-", "auth-" .. rep(WORD, 24))
token("onepassword-token", "ops" .. "_eyJ", rep(WORD, 120))
token("artifactory-key", "AK" .. "Cp", rep(WORD, 69))
token("alibaba-key", "LT" .. "AI", rep(WORD, 20))
text("mailchimp-key", "key ", rep(HEX, 32) .. "-u" .. "s12")
text("maxmind-key", "key ", rep(WORD, 6) .. "_" .. rep(WORD, 29) .. "_m"
    .. "mk")
token("typeform-token", "tf" .. "p_", rep(WORD, 44))
token("shippo-token", "shippo" .. "_live_", rep(HEX, 40))
text("bearer", "curl -H 'X: Bearer ", rep(WORD, 24), "'")
text("basic-user", "curl -u alice:", "Canary4242pass", " https://x.example")
text("password", "db.password = ", "Canary-hunter-2")
text("secret", "client_secret: '", "canarySecretValue1", "'")
text("api-key", 'api_key="', "canaryApiKey000111", '"')
text("token", "export DEPLOY_TOKEN=", "canary0deploy0token")
text("key", "const deployKey = '", "Kq3vB7mZ9xT2pLw5", "'")
text("docker-auth", '"auth": "', "dXNlcjE6cGFzc3dvcmQ5", '"')
text("aws-signature", "&X-Amz-Signature=", rep(HEX, 64))
text("cookie", "JSESSIONID=", "0A1B2C3D4E5F60718293")

-- Every other rule, by an example made from its own shape.
local have = {}
for _, one in ipairs(list) do have[one.id] = true end

local function letters(set)
    local class = set:gsub("[%%%]^]", "%%%0"):gsub("%-$", "%%-")
    return ((WORD .. UP):gsub("[^" .. class .. "]", ""))
end

local function example(rule)
    local out = {}
    for i, part in ipairs(rule.parts or { rule }) do
        out[i] = part.literal or rep(letters(part.set), part.min or 1)
    end
    return table.concat(out)
end

for _, rules in ipairs(require("propolis.capture.redact").shipped()) do
    for _, rule in ipairs(rules) do
        for _, word in ipairs(not have[rule.id] and rule.keywords or {}) do
            if rule.kind == "pair" then
                text(rule.id, word .. "_key = '", example(rule), "'")
            elseif rule.inside then
                text(rule.id, "https://x" .. word, example(rule))
            else
                token(rule.id, word, example(rule))
            end
        end
    end
end

return list
