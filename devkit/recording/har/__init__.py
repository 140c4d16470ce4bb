"""HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/), as browsers and tools really write it, and as we do."""
