--- Places: secrets that their name, or what stands around them, gives away.
-- Pure data; how a rule is written: propolis.capture.redact.
return {
    { id = "private-key", kind = "pem", keywords = { "-----BEGIN " } },
    { id = "url-password", kind = "url", keywords = { "://" } },
    { id = "authorization", kind = "pair", scheme = true, min = 4,
      keywords = { "authorization" }, inside = true },
    { id = "azure-key", kind = "pair", inside = true, min = 16,
      keywords = { "AccountKey", "SharedAccessKey", "SharedSecretValue" } },
    { id = "bearer", keywords = { "bearer " }, keep = true, anycase = true,
      set = "A-Za-z0-9._~+/=-", min = 16, guard = { "digit", "letter" } },
    { id = "basic-user", keywords = { "-u ", "--user " }, keep = true,
      inside = true, parts = {
        { set = "A-Za-z0-9._@+-", min = 1, max = 64, keep = true },
        { literal = ":", keep = true },
        { set = "A-Za-z0-9!#$%*+,./=?@^_~-", min = 6 } },
      guard = { "letter", "digit" } },
    { id = "password", kind = "pair", inside = true, keywords = { "password",
      "passwd", "passphrase", "passwort", "pass_word" } },
    { id = "password", kind = "pair", min = 4, keywords = { "pwd", "pswd" },
      guard = { "no_path" } },
    { id = "password", kind = "pair", min = 6, keywords = { "pass" },
      guard = { "letter", "digit", "no_path" } },
    { id = "secret", kind = "pair", inside = true, min = 6, keywords = {
      "secret", "secret_key", "secretkey", "client_secret", "clientsecret",
      "secret_access_key", "secretaccesskey", "signing_key", "signingkey",
      "encryption_key", "encryptionkey", "private_key", "privatekey",
      "secret-key", "client-secret", "private-key" } },
    { id = "api-key", kind = "pair", inside = true, min = 8, keywords = {
      "api_key", "apikey", "api-key", "access_key", "accesskey", "access-key",
      "auth_key", "authkey", "account_key", "master_key", "masterkey",
      "access_key_id", "service_key" }, guard = { "no_path" } },
    { id = "token", kind = "pair", inside = true, min = 8, keywords = {
      "token", "credential", "credentials", "bearer" },
      guard = { "digit", "letter", "no_path" } },
    { id = "cookie", kind = "pair", min = 16, keywords = { "session_id_cookie",
      "sessionid", "connect.sid", "phpsessid", "jsessionid" },
      guard = { "digit" } },
}
