-- Keeps the images that came with the document; any other becomes its caption, and a line on stderr says so.

function Image(image)
  if pandoc.mediabag.lookup(image.src) then
    return nil
  end
  if image.src:match("^data:image/") then
    local ok, kind, bytes = pcall(pandoc.mediabag.fetch, image.src)
    if ok then
      local name = "media/" .. pandoc.sha1(bytes) .. "." .. (kind:match("image/(%a+)") or "png")
      pandoc.mediabag.insert(name, kind, bytes)
      image.src = name
      return image
    end
  end
  io.stderr:write("left out: " .. image.src:sub(1, 100):gsub("%c", " ") .. "\n")
  return image.caption
end
