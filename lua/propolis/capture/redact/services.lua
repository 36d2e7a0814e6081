--- Services: keys that only their name gives away.  Pure data; how a rule is
-- written: propolis.capture.redact.
-- What these services give out is random letters without a mark of their own;
-- it is secret below a name that has the service's word in it, when it
-- has exactly its shape: discord_token = "…", "Discord bot key: …".
local HEX, ALNUM = "0-9a-fA-F", "A-Za-z0-9"
local DASHED = "A-Za-z0-9=_-"

-- The shape that the values below one of these words have.
local SHAPES = {
    { set = "0-9", min = 16, max = 16, keywords = { "asana" } },
    { set = "0-9", min = 18, max = 18, keywords = { "discord" } },
    { set = ALNUM, min = 14, max = 14, keywords = { "linkedin", "linked_in",
      "linked-in" } },
    { set = ALNUM, min = 15, max = 15, keywords = { "dropbox" } },
    { set = ALNUM, min = 16, max = 16, keywords = { "confluent", "linkedin",
      "linked_in", "linked-in" } },
    { set = ALNUM, min = 17, max = 17, keywords = { "airtable" } },
    { set = ALNUM, min = 20, max = 20, keywords = { "finicity", "finnhub" } },
    { set = ALNUM, min = 22, max = 22, keywords = { "travis" } },
    { set = ALNUM, min = 20, max = 24, keywords = { "looker" } },
    { set = ALNUM, min = 24, max = 24, keywords = { "atlassian", "confluence",
      "jira", "etsy", "kucoin", "plaid" } },
    { set = ALNUM, min = 25, max = 25, keywords = { "messagebird",
      "message_bird", "message-bird", "twitter" } },
    { set = ALNUM, min = 26, max = 26, keywords = { "mattermost" } },
    { set = ALNUM, min = 30, max = 30, keywords = { "alibaba", "plaid",
      "twitch" } },
    { set = DASHED, min = 32, max = 32, keywords = { "adafruit", "adobe",
      "algolia", "asana", "bitbucket", "bittrex", "codecov", "datadog",
      "discord", "droneci", "facebook", "fastly", "finicity", "flickr",
      "linear", "newyorktimes", "new-york-times", "nytimes", "privateai",
      "private_ai", "private-ai", "pagerduty", "mistral", "deepseek" } },
    { set = HEX, min = 37, max = 37, keywords = { "cloudflare" } },
    { set = DASHED, min = 40, max = 40, keywords = { "cloudflare", "cohere",
      "co_api_key", "datadog", "deepgram", "gitter", "launchdarkly", "meraki",
      "sendbird", "sonar", "sourcegraph", "wandb", "zendesk" } },
    { set = DASHED, min = 40, max = 46, keywords = { "netlify" } },
    { set = DASHED, min = 43, max = 43, keywords = { "contentful" } },
    { set = ALNUM, min = 45, max = 45, keywords = { "twitter" } },
    { set = DASHED, min = 50, max = 50, keywords = { "rapidapi", "twitter" } },
    { set = DASHED, min = 60, max = 60, keywords = { "intercom" } },
    { set = DASHED, min = 64, max = 64, keywords = { "bitbucket", "coinbase",
      "confluent", "discord", "freshbooks", "jfrog", "artifactory", "bintray",
      "xray", "newrelic", "new-relic", "new_relic", "sentry", "sumo",
      "dropbox", "together" } },
    { set = ALNUM, min = 73, max = 73, keywords = { "jfrog", "artifactory",
      "bintray", "xray" } },
    { set = "A-Za-z0-9/=_+-", min = 80, max = 90, keywords = { "kraken" } },
    { set = "A-Za-z0-9%", min = 102, max = 122, keywords = { "twitter" } },
    { set = "0-9a-fA-F-", min = 36, max = 36, keywords = { "heroku", "hubspot",
      "kucoin", "messagebird", "message_bird", "message-bird", "sendbird",
      "snyk", "squarespace", "postmark", "elevenlabs" } },
    { keywords = { "mailchimp" }, parts = { { set = HEX, min = 32, max = 32 },
        { literal = "-us" }, { set = "0-9", min = 1, max = 2 } } },
    { keywords = { "mailgun" }, parts = { { set = ALNUM, min = 32, max = 32 },
        { literal = "-" }, { set = ALNUM, min = 8, max = 8 },
        { literal = "-" }, { set = ALNUM, min = 8, max = 8 } } },
    { keywords = { "okta" }, parts = { { literal = "00" },
        { set = DASHED, min = 40, max = 40 } } },
    { keywords = { "sumo" }, parts = { { literal = "su" },
        { set = ALNUM, min = 12, max = 12 } } },
    { keywords = { "beamer" }, parts = { { literal = "b_" },
        { set = DASHED, min = 44, max = 44 } } },
    { keywords = { "gocardless" }, parts = { { literal = "live_" },
        { set = DASHED, min = 40, max = 40 } } },
    { keywords = { "twitter" }, parts = { { set = "0-9", min = 15, max = 25 },
        { literal = "-" }, { set = ALNUM, min = 20, max = 40 } } },
    { keywords = { "facebook", "fb" }, parts = {
        { set = "0-9", min = 15, max = 16 }, { literal = "|" },
        { set = DASHED, min = 27, max = 40 } } },
    { keywords = { "yandex" }, parts = { { literal = "YC" },
        { set = DASHED, min = 38, max = 38 } } },
    { keywords = { "contribsys__com" }, parts = {
        { set = HEX, min = 8, max = 8 }, { literal = ":" },
        { set = HEX, min = 8, max = 8 } } },
}

for _, rule in ipairs(SHAPES) do
    rule.id, rule.kind = "service-key", "pair"
    rule.anywhere, rule.inside, rule.guard = true, true, { "digit" }
end

return SHAPES
