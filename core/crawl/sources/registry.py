"""All sources by name."""

from core.crawl.source import Source
from core.crawl.sources.baidu import Baidu
from core.crawl.sources.bing import Bing
from core.crawl.sources.by_address import Addresses, Page, Site
from core.crawl.sources.commons import Commons
from core.crawl.sources.flickr import Flickr
from core.crawl.sources.google import Google
from core.crawl.sources.openverse import Openverse

#: Sources that search by phrase; those that tell licences first.
SEARCHED: tuple[Source, ...] = (Openverse(), Commons(), Flickr(), Bing(), Google(), Baidu())
#: Sources that are given addresses.
ADDRESSED: tuple[Source, ...] = (Site(), Page(), Addresses())

SOURCES: dict[str, Source] = {source.name: source for source in (*SEARCHED, *ADDRESSED)}
