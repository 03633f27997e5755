"""WeCom (企业微信): customer groups that people make, and everything about them that its server API can declare."""
