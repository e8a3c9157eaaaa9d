echo "version 3"
