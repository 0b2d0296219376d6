"""What can be sold, for how much 商品目录: type → product → face value (sku)."""
