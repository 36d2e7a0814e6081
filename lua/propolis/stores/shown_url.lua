--- A store's URL as it may be shown: without password, wherever it stands. An @
-- or a / in it should have been %XX, but that must not bring it to light.
return function(url)
    return (url:gsub("^(%a+://[^/@:?]*):[^?]*@", "%1:***@")
        :gsub("([Pp][Aa][Ss][Ss][Ww][Oo][Rr][Dd]=)[^&]*", "%1***"))
end
